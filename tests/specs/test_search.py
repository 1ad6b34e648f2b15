"""``specs.list_models`` and ``specs.describe``."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk import specs
from ic_tf_sdk.errors import FilterError, UnknownModelError

ALIAS = "tensorflow-ic-imagenet-resnet-50-classification-4"
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"


def test_every_model_is_listed_but_aliases_only_on_request():
    listed = specs.list_models()
    assert len(listed) == len(specs.model_ids()) - 1
    assert ALIAS not in listed
    assert ALIAS in specs.list_models(include_aliases=True)


def test_numbers_in_ids_are_sorted_as_numbers():
    found = specs.list_models(name="*mobilenet-v2-035*")
    assert [model_id.split("-")[6] for model_id in found] == ["96", "128", "160", "192", "224"]


def test_name_family_parameters_and_input_size_narrow_the_list():
    small = specs.list_models(parameters_millions=(None, 2), family="mobilenetv2")
    assert small
    assert all(specs.get(i).parameters_millions <= 2 for i in small)
    wide = specs.list_models(input_size=(480, None))
    assert {max(specs.get(i).input_height, specs.get(i).input_width) for i in wide} >= {480, 600}
    assert min(specs.get(i).input_height for i in wide) == 480
    assert specs.list_models(name="mobilenet v2 1.00 224") == [MOBILENET]


def test_the_best_come_first_and_the_unknown_last():
    best = specs.list_models(sort_by="accuracy")
    figures = [specs.get(model_id).imagenet_top1 for model_id in best]
    known = [figure for figure in figures if figure is not None]
    assert known == sorted(known, reverse=True)
    assert figures[: len(known)] == known
    assert specs.list_models(sort_by="speed")[0].endswith("mobilenet-v1-025-224-classification-4")
    # Those alike keep the order of their names.
    unknown = best[len(known) :]
    assert unknown == [i for i in specs.list_models() if i in unknown]
    assert len(specs.list_models(imagenet_top1=(0, None))) == len(known)
    with pytest.raises(FilterError, match="'speed'"):
        specs.list_models(sort_by="sped")


def test_filters_combine():
    found = specs.list_models(
        specs.And(
            "task == ic",
            specs.Or("family == BiT-M", "family == BiT-S"),
            specs.Not("model_id includes imagenet21k"),
            "parameters_millions < 100",
        )
    )
    assert len(found) == 4


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("tsk == ic", "'task'"),
        ("familly is Swin", "'family'"),
        ("input_hight > 3", "'input_height'"),
    ],
)
def test_unknown_key_names_the_nearest(text, nearest):
    with pytest.raises(FilterError, match=nearest):
        specs.list_models(text)


@pytest.mark.parametrize("text", ["family", "", "== ==", 3, ["task == ic"], "pixels < many"])
def test_unreadable_filter_is_explained(text):
    with pytest.raises(FilterError):
        specs.list_models(text)


def test_number_is_compared_with_numbers_only():
    with pytest.raises(FilterError, match="no number"):
        specs.list_models("input_height < tall")
    assert specs.list_models("display_name < 3") == []


@given(
    st.text(max_size=20)
    | st.builds(
        "{} {} {}".format,
        st.sampled_from(["task", "family", "versions", "num_classes", "deprecated"]),
        st.sampled_from(["==", "in", "not in", "includes", "begins with", "<", "!="]),
        st.text(max_size=12),
    )
)
def test_any_sentence_is_answered_or_refused(text):
    from ic_tf_sdk.specs.filters import parse

    facts = {
        "task": "ic",
        "family": "Swin",
        "versions": ["1"],
        "num_classes": 3,
        "deprecated": False,
    }
    with contextlib.suppress(FilterError):
        assert parse(text).matches(facts) in (True, False)


def test_card_shows_handle_size_licence_and_defaults():
    card = specs.describe(MOBILENET)
    html = card._repr_html_()
    facts = ("MobileNet V2 1.00 224", "feature_vector/5", "224 x 224", "apache-2.0")
    for wanted in (*facts, "71.8 %", "15.2 ms"):
        assert wanted in html
        assert wanted in str(card)
    assert "batch_size" in html
    assert "TF Hub&#x27;s documented default" in html
    with pytest.raises(UnknownModelError):
        specs.describe("mobilenet")


def test_bounds_include_their_ends_and_leave_out_what_is_unknown(monkeypatch):
    unknown, known = MOBILENET, ALIAS.replace("4", "1")
    record = specs.catalogue.record
    counts = {unknown: None, known: 2.0}
    monkeypatch.setattr(specs.catalogue, "model_ids", lambda: list(counts))
    monkeypatch.setattr(
        specs.catalogue,
        "record",
        lambda model_id: record(MOBILENET)._replace(parameters_millions=counts[model_id]),
    )

    def listed(*bounds):
        return specs.list_models(parameters_millions=bounds)

    assert listed(None, None) == sorted(counts)
    for bounds in ((2, None), (None, 2), (2, 2), (1.5, 2.5)):
        assert listed(*bounds) == [known]
    for bounds in ((2.5, None), (None, 1.5), (3, 4), (2.5, 1.5)):
        assert listed(*bounds) == []
