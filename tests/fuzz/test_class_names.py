"""However a class is called, every reader gets its name back, and nothing takes it for a command.

A class is a folder's name: on a disk of Linux any bytes but ``/`` and the null.
"""

import csv
import html.parser
import io
import json
import logging
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ic_tf_sdk.contract import (
    container_answer,
    csv_file,
    image_names,
    job_log,
    metric_lines,
    model_labels,
    output_files,
)
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.contract.plain_text import json_text, visible, visible_lines
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import channel_report, image_folder
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.results.evaluation import Evaluation
from ic_tf_sdk.training.results.report import page as report_page
from ic_tf_sdk.training.results.report.run_facts import RunFacts
from tests.fuzz.damages import bounded, examples

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
TAGS = {
    *("html", "head", "meta", "link", "title", "style", "body", "main", "header", "section", "h1"),
    *("h2", "h3", "p", "div", "span", "strong", "b", "br", "a", "ol", "ul", "li", "dl", "dt", "dd"),
    *("pre", "code", "details", "summary", "figure", "figcaption", "table", "caption", "thead"),
    *("tbody", "tr", "th", "td", "svg", "defs", "g", "rect", "path", "text", "circle"),
}
PARTS = [
    "val_accuracy", "accuracy", "Test ", "- ", ": ", "0.999", "1", ".", "..", " ", "\n", "\r", "\t",
    "\x1b[2K", "\x1b]0;", "\x07", "\u2028", "\u202e", "\x85", "\x9b", "<script>", "</title>",
    "&lt;", '"', "'", "<!--", "]]>", "=1+1", "@SUM(A1)", *FORMULAS, ",", ";", "{", "}", "%s", "{0}",
    "\\", "\\n", "$(x)", "`x`", "é", "e\u0301", "ﬁ", "花", "👩\u200d🌾", "\u200f", "\ufeff",
    "\udcff", "\udce9", "train", "test", "con", "NUL", "lost+found", "~", "*", "?", "-rf", "A", "a",
]  # fmt: skip

_names = st.one_of(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=6).map("".join),
    st.text(min_size=1, max_size=12),
    st.binary(min_size=1, max_size=12).map(os.fsdecode),
)


def is_folder_name(name: str) -> bool:
    """Whether a disk takes it."""
    try:
        length = len(os.fsencode(name))
    except UnicodeEncodeError:
        return False
    return length < 200 and not {"/", "\0"} & set(name) and name not in (".", "..")


folder_names = st.lists(_names.filter(is_folder_name), min_size=2, max_size=5, unique=True)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


@examples()
@example(names=["e\u0301", "é", "b"])
@example(names=["\udcff", "b"])
@given(names=folder_names)
def test_a_channel_is_read_or_refused_in_lines_that_steer_nothing(
    place: Path, names: list[str]
) -> None:
    root = place / "channel"
    shutil.rmtree(root, ignore_errors=True)
    for number, name in enumerate(names):
        (root / name).mkdir(parents=True)
        (root / name / f"{number}.jpg").write_bytes(b"")
    seen = [name for name in names if not image_names.is_hidden(name)]
    expected = sorted({image_names.class_name(name) for name in seen})
    with bounded():
        try:
            folder = image_folder.describe(root)
        except DatasetError as error:
            check_refusal(str(error), seen, expected)
            return
    assert list(folder.labels) == expected
    assert sorted(folder.files) == sorted(f"{n}/{i}.jpg" for i, n in enumerate(names) if n in seen)
    for file, index in zip(folder.files, folder.classes, strict=True):
        assert image_names.class_name(file.split("/")[0]) == folder.labels[index]
    check_log(folder)


def check_refusal(said: str, seen: list[str], expected: list[str]) -> None:
    """A reason that is true of these names, in text that can be shown."""
    assert not STEERING.search(visible_lines(said))
    reasons = {
        "no class folders": not expected,
        "only one class": len(expected) == 1,
        "not valid UTF-8": any(re.search("[\ud800-\udfff]", name) for name in expected),
        "train": any("train" in name.lower() or "test" in name.lower() for name in seen),
    }
    assert any(words in said and holds for words, holds in reasons.items()), said


def check_log(folder: ImageFolder) -> None:
    """As a job writes it: no line of its own, and no metric."""
    counts = {label: 100**index for index, label in enumerate(folder.labels)}
    report = replace(channel_report.report(folder, [], {}), counts=counts)
    lines = job_log._Lines("%(message)s")
    for said in (*report.warnings(), ", ".join(folder.labels), *folder.files):
        record = {"name": "ic_tf_sdk.training", "msg": said, "levelno": logging.INFO}
        shown = lines.format(logging.makeLogRecord(record))
        assert len(shown.splitlines()) <= 1
        assert not STEERING.search(shown)
        for definition in metric_lines.METRIC_DEFINITIONS:
            assert not re.search(definition["Regex"], shown)


_labels = st.lists(
    _names.filter(is_folder_name).map(image_names.class_name).filter(image_names._is_text),
    min_size=2, max_size=5, unique=True,
).map(sorted).map(tuple)  # fmt: skip


@examples()
@given(labels=_labels)
def test_a_models_files_give_every_label_back(place: Path, labels: tuple[str, ...]) -> None:
    saved_model = place / "1"
    (saved_model / "assets").mkdir(parents=True, exist_ok=True)
    info = ModelInfo(
        kind="fine_tuned", model_id="tiny", model_version="1.0.0", input_height=32, input_width=32,
        pixel_range="0..1", fine_tuning=FineTuning(
            labels=labels, binary_mode=False, interpolation="bilinear", hyperparameters={},
            package_version="1"),
    )  # fmt: skip
    with bounded():
        output_files.write_json(place / output_files.LABELS_FILE, output_files.label_index(labels))
        output_files.write_json(saved_model / "assets" / model_labels.LABELS_ASSET, labels)
        info.write(place)
        described = ModelInfo.model_validate_json((place / "model_info.json").read_bytes())
        assert described == info
        for said in (described, None):
            assert model_labels.read(place, saved_model, said, place) == labels


@examples()
@given(labels=_labels)
def test_an_answer_names_every_label_as_it_is(labels: tuple[str, ...]) -> None:
    prediction = {
        "probabilities": [1 / len(labels)] * len(labels),
        "labels": list(labels),
        "predicted_label": labels[0],
    }
    for media_type in container_answer.ANSWER_TYPES:
        form = container_answer.Form(verbose=True, media_type=media_type)
        with bounded():
            body = container_answer.response_body(prediction, form)
        if media_type == container_answer.CSV:
            [row] = csv.reader(io.StringIO(body, newline=""))
            assert json.loads(row[0]) == list(labels)
            assert not any(cell.startswith(FORMULAS) for cell in row)
            continue
        assert len(body.split("\n")) <= 2
        assert json.loads(body)["labels"] == list(labels)
        assert json.loads(json_text(body))["labels"] == list(labels)


class _Page(html.parser.HTMLParser):
    """The tags of a page, and the texts of its heads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.heads: list[str] = []
        self._open = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        # A name that is cut short is whole there.
        self.heads += [value for name, value in attrs if name == "title" and value]
        if tag == "th":
            self.heads.append("")
        self._open = tag == "th"

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.heads[-1] += data


@examples()
@given(labels=_labels, file=_names)
def test_reports_show_every_label_and_run_none(
    place: Path, labels: tuple[str, ...], file: str
) -> None:
    count = len(labels)
    files = tuple(f"{label}/{file}.jpg" for label in labels)
    folder = ImageFolder(Path("/photos"), labels, files, tuple(range(count)), {})
    # Every answer is the next class, so that each name is in each table.
    wrong = np.roll(np.eye(count, dtype=np.float32), 1, axis=1)
    found = Evaluation("test", folder, wrong, {"loss": 1.0})
    record = HistoryRecord(epochs=[{"loss": 1.0}], seconds=[1.0], best_epoch=0, test={})
    facts = RunFacts(labels[0], labels, {"training": [1] * count}, refused={f"/{file}": file})
    with bounded():
        page = _Page(report_page.render(record, found, facts))
        rows = ([label, *row] for label, row in zip(labels, found.confusion_matrix(), strict=True))
        csv_file.write(place / "matrix.csv", ["label", *labels], rows)
        csv_file.write(place / "wrong.csv", ["a", "b", "c", "d", "e"], found.mistakes())
    assert page.tags <= TAGS
    assert set(map(visible, labels)) <= set(page.heads)
    with (place / "matrix.csv").open(newline="", encoding="utf-8") as stream:
        head, *lines = csv.reader(stream)
    assert list(map(csv_file.unquoted, head[1:])) == list(labels)
    assert [csv_file.unquoted(line[0]) for line in lines] == list(labels)
    with (place / "wrong.csv").open(newline="", encoding="utf-8") as stream:
        for line in csv.reader(stream):
            assert not any(cell.startswith(FORMULAS) for cell in line)
