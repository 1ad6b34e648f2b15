"""Classify every image below a folder with Ray, into a table of Parquet files.

    python ray_predict.py model.tar.gz photos/ answers/ --workers 1
    ray job submit --working-dir . -- python ray_predict.py s3://my-bucket/model.tar.gz \
        s3://my-bucket/photos/ s3://my-bucket/answers/ --workers 64

Each machine with workers needs ic-tf-sdk with the extra train. The model is a path that is there on
each of them, or an object of S3 that they may read.
"""

import argparse
from pathlib import Path

import pyarrow.compute
import ray

from ic_tf_sdk import inference

IMAGES = ["jpg", "jpeg", "png", "JPG", "JPEG", "PNG"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("images")
    parser.add_argument("out")
    parser.add_argument(
        "--workers", type=int, default=1, help="Each has one core; one must be left for who reads."
    )
    given = parser.parse_args()
    ray.init()
    cores = int(ray.cluster_resources().get("CPU", 0))
    if not 1 <= given.workers < cores:
        # Else nothing could be read, and all would wait for ever.
        parser.error(f"--workers must be 1 to {cores - 1}: Ray has {cores} cores.")
    # A worker does not stand where this program was started.
    model, images, out = (
        text if "://" in text else str(Path(text).resolve())
        for text in (given.model, given.images, given.out)
    )
    photos = ray.data.read_binary_files(images, include_paths=True, file_extensions=IMAGES)
    answers = photos.map_batches(
        inference.RayClassifier,
        fn_constructor_kwargs={"model": model},
        batch_size=32,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=given.workers),
        num_cpus=1,
    )
    answers.write_parquet(out)
    errors = ray.data.read_parquet(out, columns=["error"])
    failed = errors.map_batches(failures, batch_format="pyarrow").sum("failed")
    print(f"{given.out}: {errors.count()} images, {failed} of them with an error.")


def failures(batch: pyarrow.Table) -> pyarrow.Table:
    """How many rows of a batch have an error."""
    return pyarrow.table({"failed": [batch.num_rows - batch.column("error").null_count]})


if __name__ == "__main__":
    main()
