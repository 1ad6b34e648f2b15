"""Classify every image below a folder with Spark, into a table of Parquet files.

    spark-submit spark_predict.py model.tar.gz photos/ answers/
    spark-submit spark_predict.py s3://my-bucket/model.tar.gz s3a://my-bucket/photos/ \
        s3a://my-bucket/answers/ --partitions 2000

Each machine with workers needs ic-tf-sdk with the extra train. The model is a path that is there on
each of them, or an object of S3 that they may read.
"""

import argparse

from pyspark.sql import SparkSession

from ic_tf_sdk import inference

IMAGES = "*.{jpg,jpeg,png,JPG,JPEG,PNG}"
# Images, not bytes: of photos of 5 MB Spark hands a worker 320 MB at a time. Spark's own is 10,000.
AT_A_TIME = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("images")
    parser.add_argument("out")
    parser.add_argument("--partitions", type=int, help="Pieces of work; several for each core.")
    given = parser.parse_args()
    spark = SparkSession.builder.appName("classify images").getOrCreate()
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", AT_A_TIME)
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    photos = files.option("pathGlobFilter", IMAGES).load(given.images)
    if given.partitions:
        photos = photos.repartition(given.partitions)
    classify = inference.spark_classifier(given.model)
    answers = photos.select(photos.path.alias("image"), classify("content").alias("answer"))
    answers.select("image", "answer.*").write.parquet(given.out)
    written = spark.read.parquet(given.out)
    failed = written.filter("error is not null").count()
    print(f"{given.out}: {written.count()} images, {failed} of them with an error.")
    spark.stop()


if __name__ == "__main__":
    main()
