"""A usual call of each command, and the extras that it says are missing where none is installed."""

from pathlib import Path
from typing import NamedTuple

from PIL import Image

from ic_tf_sdk.cli import failure

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
EMBEDDED = "tensorflow-ic-embedded-formulanet-96"
ROLE = ("--role", "arn:aws:iam::123456789012:role/training")
DATA = ("--training", "s3://my-bucket/flowers/")
_FLOWERS = [f"flowers:{name}=s3://my-bucket/{name}/" for name in ("training", "test")]
DATASET = tuple(word for channel in _FLOWERS for word in ("--dataset", channel))
OUTPUT = ("--output", "s3://my-bucket/out")
# AWS's own default is a type that it takes out of service, which is warned of.
MACHINE = ("--instance-type", "ml.g5.xlarge")
PHOTO = "flowers/roses/0.jpg"
MODEL_DATA = "s3://my-bucket/out/flowers-1/output/model.tar.gz"


class Call(NamedTuple):
    """A command line without ``ic-tf``; no extra means that the base installation does it."""

    words: tuple[str, ...]
    extra: str = ""

    def __str__(self) -> str:
        return " ".join(self.words)


CALLS = (
    Call(("models", "mobilenet-v2-035")),
    Call(("describe", MODEL_ID)),
    Call(("export-catalog", "catalogue/")),
    Call(("env",)),
    Call(("hyperparameters", MODEL_ID)),
    Call(("sample-data", "pictures/"), "sample-data"),
    Call(("import-data", "table.csv", "--out", "imported/"), "sample-data"),
    Call(("check-data", "flowers/")),
    Call(("check-data", "flowers/", "--labels"), "labels"),
    Call(("cache", "info"), "train"),
    Call(("fit", "flowers/", "--output", "first/"), "train"),
    Call(("fit", "flowers/", "--output", "first/", "--dry-run")),
    Call(("select", "flowers/", "--model", EMBEDDED), "train"),
    Call(("tune", "flowers/", "--model", EMBEDDED, "--output", "tuned/"), "tune,train"),
    Call(("predict", EMBEDDED, PHOTO), "train"),
    Call(("predict", EMBEDDED, "flowers/", "--out", "answers.csv"), "train"),
    Call(("predict", EMBEDDED, "flowers/", "--out", "answers.parquet"), "parquet"),
    Call(("predict", EMBEDDED, "flowers/", "--to-label", "2"), "labels"),
    Call(("predict", EMBEDDED, "s3://my-bucket/photos/"), "aws"),
    Call(("predict", "s3://my-bucket/model.tar.gz", PHOTO), "aws"),
    Call(("evaluate", EMBEDDED, "known/"), "train"),
    Call(("compare", "saved/")),
    Call(("serve", EMBEDDED), "serve,train"),
    Call(("export", EMBEDDED, "--out", "model.tflite", "--images", "flowers/"), "train"),
    Call(
        ("export", EMBEDDED, "--format", "onnx", "--out", "model.onnx", "--images", "flowers/"),
        "onnx",
    ),
    Call(("export", EMBEDDED, "--web", "page/"), "train,onnx"),
    Call(("mirror", MODEL_ID, "--to", "models/"), "train"),
    Call(("mirror", MODEL_ID, "--to", "s3://my-bucket/models"), "aws"),
    Call(("mirror", MODEL_ID, "--to", "m/", "--from", "saved/", "--scope", "training"), "train"),
    Call(("mirror", EMBEDDED, "--to", "models/")),
    Call(("publish", "--bucket", "my-bucket"), "aws"),
    Call(("publish", "--bucket", "my-bucket", "--dry-run"), "aws"),
    Call(("check", MODEL_ID, *ROLE, *DATA), "aws"),
    Call(("benchmark", MODEL_ID, *ROLE, *DATASET, *OUTPUT, *MACHINE, "--run"), "aws"),
    Call(("benchmark", MODEL_ID, *ROLE, *DATASET, *OUTPUT, *MACHINE, "--dry-run")),
    Call(("launch", MODEL_ID, *ROLE, *DATA, *OUTPUT, *MACHINE), "aws"),
    Call(("launch", MODEL_ID, *ROLE, *DATA, *OUTPUT, *MACHINE, "--dry-run")),
    Call(("deploy", MODEL_DATA, *ROLE)),
    Call(("deploy", MODEL_DATA, *ROLE, "--run"), "aws"),
    *(Call((name, "flowers-1"), "aws") for name in ("status", "logs", "wait", "stop")),
)


def lay_out(folder: Path) -> None:
    """What the calls read: ``flowers/``, two classes of four pictures, ``table.csv``, ``saved/``.

    And ``known/``, whose class the shipped classifier has.
    """
    for kind, colour in (("roses", "red"), ("tulips", "yellow")):
        (folder / "flowers" / kind).mkdir(parents=True)
        for number in range(4):
            picture = Image.new("RGB", (40 + number, 40), colour)
            picture.save(folder / "flowers" / kind / f"{number}.jpg")
    table = "image,class\nflowers/roses/0.jpg,roses\nflowers/tulips/0.jpg,tulips\n"
    (folder / "table.csv").write_text(table)
    (folder / "known" / "flame 001").mkdir(parents=True)
    Image.new("RGB", (40, 40), "blue").save(folder / "known" / "flame 001" / "0.png")
    (folder / "saved").mkdir()
    (folder / "saved" / "saved_model.pb").write_bytes(b"")


def check(call: Call, code: int, stderr: str) -> None:
    """The promise: done, or one sentence that names the extra and what to type, and the page."""
    if not call.extra:
        assert code == 0, stderr
        return
    assert code == 1, stderr
    assert stderr.count("\n") == 2, stderr
    assert stderr.endswith(f"\n{failure.help_line('MissingExtraError')}\n")
    assert stderr.startswith("Error: ")
    assert f"not installed. {'They come' if ',' in call.extra else 'It comes'} with" in stderr
    assert f"ic-tf-sdk[{call.extra}]: pip install " in stderr
