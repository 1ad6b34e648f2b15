"""A model's labels are those of every file that records them, or the model is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.contract import archive, model_labels
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.contract.output_files import LABELS_FILE
from ic_tf_sdk.errors import ArchiveError

NAME = Path("roses.tar.gz")


def info(*labels: str) -> ModelInfo:
    tuned = FineTuning(
        labels=labels, binary_mode=False, interpolation="bilinear", hyperparameters={},
        package_version="1",
    )  # fmt: skip
    return ModelInfo(
        kind="fine_tuned", model_id="tiny", model_version="1.0.0", input_height=1, input_width=1,
        pixel_range="0..1", fine_tuning=tuned,
    )  # fmt: skip


PRETRAINED = ModelInfo(
    kind="pretrained", model_id="tiny", model_version="1.0.0", input_height=1, input_width=1,
    pixel_range="0..1",
)  # fmt: skip


class Model:
    """The files of an unpacked archive."""

    def __init__(self, root: Path) -> None:
        self.root, self.saved_model = root, root / "1"
        (self.saved_model / "assets").mkdir(parents=True)

    def write(self, index: Any = None, asset: Any = None) -> None:
        places = {
            self.root / LABELS_FILE: index,
            self.saved_model / "assets" / "labels.json": asset,
        }
        for path, value in places.items():
            if value is not None:
                text = value if isinstance(value, str) else json.dumps(value)
                path.write_text(text, encoding="utf-8")

    def labels(self, described: ModelInfo | None) -> tuple[str, ...] | None:
        return model_labels.read(self.root, self.saved_model, described, NAME)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return Model(tmp_path)


INDEX, LIST = {"bee": 1, "ant": 0}, ["ant", "bee"]


@pytest.mark.parametrize(
    ("described", "index", "asset"),
    [
        (info("ant", "bee"), None, None),
        (info("ant", "bee"), INDEX, LIST),
        (PRETRAINED, INDEX, None),
        (PRETRAINED, None, LIST),
        (None, INDEX, None),
    ],
)
def test_labels_come_from_whichever_file_has_them_in_class_order(
    model: Model, described: ModelInfo | None, index: Any, asset: Any
) -> None:
    model.write(index, asset)
    assert model.labels(described) == ("ant", "bee")


def test_without_a_record_there_are_none(model: Model) -> None:
    assert model.labels(None) is None
    assert model.labels(PRETRAINED) is None
    # Of another program's archive a file of this name may be anything.
    model.write(asset=LIST)
    assert model.labels(None) is None


@pytest.mark.parametrize(
    ("index", "asset", "said"),
    [
        ({"bee": 0, "ant": 1}, None, f"labels ('ant', 'bee'), {LABELS_FILE} has 2 labels ('bee', "),
        ({"ant": 0, "bee": 1, "cat": 2}, None, f"{LABELS_FILE} has 3 labels"),
        (None, ["bee", "ant"], "labels ('ant', 'bee'), labels.json has 2 labels ('bee', 'ant')"),
        (None, ["ant", "bee", *"vwx"], "labels.json has 5 labels ('ant', 'bee', 'v', 'w', ...)"),
        (None, ["ant", "bee", "v", "w"], "labels.json has 4 labels ('ant', 'bee', 'v', 'w')."),
    ],
)
def test_files_that_contradict_each_other_are_refused(
    model: Model, index: Any, asset: Any, said: str
) -> None:
    model.write(index, asset)
    with pytest.raises(ArchiveError, match="contradicts itself") as refused:
        model.labels(info("ant", "bee"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "index",
    [
        '{"ant": Infinity, "bee": 1}', '{"ant": NaN, "bee": 1}', {"ant": 0.0, "bee": 1},
        {"ant": 0.9, "bee": 1}, {"ant": False, "bee": 1}, {"ant": "0", "bee": 1},
        {"ant": None, "bee": 1}, {"ant": [0], "bee": 1}, ["ant", "bee"], "{", "3",
        '{"ant": ' + "1" * 5000 + "}", "[" * 100_000, {"ant": 0, "bee": 2}, {"ant": 1, "bee": 2},
        {"ant": -1, "bee": 0}, {"ant": 0, "bee": 0}, {"ant": 0}, {},
    ],
)  # fmt: skip
def test_an_index_that_numbers_no_classes_is_refused_in_a_sentence(
    model: Model, index: Any
) -> None:
    model.write(index)
    with pytest.raises(ArchiveError, match=rf"^roses\.tar\.gz has a {LABELS_FILE} ") as refused:
        model.labels(None)
    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 300


def test_of_wrong_numbers_eight_are_shown(model: Model) -> None:
    model.write({f"class {number}": number for number in range(1, 20)})
    with pytest.raises(ArchiveError, match=r"from 0: \[1, 2, 3, 4, 5, 6, 7, 8\]\.$"):
        model.labels(None)


@pytest.mark.parametrize("asset", [{"ant": 0}, ["ant", 1], "{", "[" * 100_000, "3", '"ant"'])
def test_a_list_of_labels_that_is_none_is_refused(model: Model, asset: Any) -> None:
    model.write(asset=asset)
    with pytest.raises(ArchiveError, match=r"^roses\.tar\.gz has a labels\.json that "):
        model.labels(PRETRAINED)


@pytest.mark.parametrize(("labels", "said"), [((), "0 labels"), (("ant",), "1 labels")])
def test_fewer_than_two_labels_are_refused(
    model: Model, labels: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ArchiveError, match=f"has {said}; two are least"):
        model.labels(info(*labels))


def test_a_file_of_labels_is_as_large_as_a_member_may_be_and_no_larger(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.write(INDEX)
    size = (model.root / LABELS_FILE).stat().st_size
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", size)
    assert model.labels(None) == ("ant", "bee")
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", size - 1)
    with pytest.raises(ArchiveError, match="cannot be read"):
        model.labels(None)


def test_a_graph_that_has_other_labels_than_the_archive_is_refused() -> None:
    same = model_labels.check_same
    assert same(None, ("ant", "bee"), "labels.txt", NAME) is None
    assert same(("ant", "bee"), ("ant", "bee"), "labels.txt", NAME) is None
    # A published classifier may list a name twice, of which an index has the last.
    assert same(("ant", "bee", "ant"), ("bee", "bee", "ant"), "labels.txt", NAME) is None
    with pytest.raises(ArchiveError, match=r"the archive has 2 labels .*, labels\.txt has 2"):
        same(("ant", "bee"), ("bee", "ant"), "labels.txt", NAME)
