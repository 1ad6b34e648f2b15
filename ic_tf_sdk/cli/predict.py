"""``ic-tf predict``: classify images with a fine-tuned model."""

import json
from pathlib import Path

import click

from ic_tf_sdk.cli.output import print_json, print_table
from ic_tf_sdk.errors import RequestRefusedError, UserError
from ic_tf_sdk.inference.predictor import LocalPredictor

__all__ = ["predict"]

_VERBOSE = {"ContentType": "application/x-image", "Accept": "application/json;verbose"}


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print every probability, as JSON.")
@click.pass_context
def predict(ctx: click.Context, *, model: Path, images: tuple[Path, ...], as_json: bool) -> None:
    """Classify IMAGES with MODEL, the model.tar.gz of `ic-tf fit` or of a SageMaker job.

    The exit code is 1 if any image could not be classified.
    """
    missing = [str(path) for path in images if not path.is_file()]
    if missing:
        raise UserError(f"No such image file: {', '.join(missing)}.")
    predictor = LocalPredictor(model)
    answers = [_answer(predictor, path) for path in images]
    if as_json:
        print_json(answers)
    else:
        print_table(("image", "label", "probability"), [_row(answer) for answer in answers])
    if any("error" in answer for answer in answers):
        ctx.exit(1)


def _answer(predictor: LocalPredictor, path: Path) -> dict[str, object]:
    try:
        return {"image": str(path), **json.loads(predictor.predict(path.read_bytes(), _VERBOSE))}
    except RequestRefusedError as error:
        return {"image": str(path), "error": str(error)}


def _row(answer: dict[str, object]) -> tuple[object, object, object]:
    if "error" in answer:
        return answer["image"], answer["error"], None
    found = answer["probabilities"]
    assert isinstance(found, list)
    # In binary mode the one number is the probability of the second label.
    top = max(found) if len(found) > 1 else max(found[0], 1.0 - found[0])
    return answer["image"], answer["predicted_label"], f"{top:.4f}"
