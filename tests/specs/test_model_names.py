"""Names in any spelling: the model that is meant, never another one."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk import specs
from ic_tf_sdk.errors import UnknownModelError
from ic_tf_sdk.specs import catalogue, model_names
from ic_tf_sdk.specs.model_names import only_fit, suggestions

NAMES = catalogue.display_names()
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
IDS = st.sampled_from(sorted(NAMES))
FILLERS = st.sampled_from(["keras", "tf", "hub"])
PARTS = st.sampled_from(["mobilenet", "v2", "m", "9", "-", "100"])


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("mobilenet_v2_100_224", MOBILENET),
        ("MobileNet V2 1.00 224", MOBILENET),
        ("224 mobilenet 100 v2", MOBILENET),
        ("tf-mobilenetv2_100_224", MOBILENET),
        ("https://tfhub.dev/google/imagenet/mobilenet_v2_100_224/feature_vector/5", MOBILENET),
        ("resnet50", "tensorflow-ic-resnet-50-classification-1"),
        ("ResNet50V2", "tensorflow-ic-imagenet-resnet-v2-50-classification-4"),
        ("inception_v3", "tensorflow-ic-imagenet-inception-v3-classification-4"),
        ("keras/EfficientNetB0", "tensorflow-ic-efficientnet-b0-classification-1"),
        ("EfficientNet B0 Lite", "tensorflow-ic-efficientnet-lite0-classification-2"),
        ("formulanet", "tensorflow-ic-embedded-formulanet-96"),
    ],
)
def test_name_in_the_spelling_of_others_is_understood(name, model_id):
    assert only_fit(name, NAMES) == model_id
    assert specs.describe(name).spec == specs.get(model_id)


@pytest.mark.parametrize(
    "name",
    ["mobilenet_v2", "efficientnet-v2-s", "bit_m_r50x1", "imagenet", "mobilenet_v2_100_225", "vit"],
)
def test_name_of_several_models_or_of_none_is_not_guessed(name):
    assert only_fit(name, NAMES) is None
    with pytest.raises(UnknownModelError):
        specs.describe(name)


def test_several_fits_are_listed_before_what_is_only_alike():
    listed = suggestions("mobilenet_v2", NAMES)
    assert len(listed) == 5
    assert all("mobilenet-v2" in model_id for model_id in listed)
    assert suggestions("mobilenet_v2_100_225", NAMES)[0].startswith(
        "tensorflow-ic-imagenet-mobilenet-v2-100"
    )


def test_mirrored_functions_take_ids_alone_and_suggest_by_the_same_rule():
    from ic_tf_sdk import hyperparameters

    with pytest.raises(UnknownModelError) as caught:
        hyperparameters.retrieve_default(model_id="mobilenet_v2_100_224", model_version="*")
    assert caught.value.suggestions == [MOBILENET]


def test_no_display_name_names_another_model():
    for model_id, name in NAMES.items():
        answer = only_fit(name, NAMES)
        alias_of = specs.get(model_id).alias_of
        assert answer in (None, model_id, alias_of), (name, answer)
        assert suggestions(name, NAMES)[0] in (model_id, alias_of)


@settings(deadline=None)
@given(IDS, st.sampled_from("-_/ "), st.booleans())
def test_id_is_itself_in_any_spelling(model_id, separator, capitals):
    name = model_id.replace("-", separator)
    assert only_fit(name.upper() if capitals else name, NAMES) == model_id


@settings(deadline=None)
@given(IDS, st.randoms(use_true_random=False), st.lists(FILLERS))
def test_neither_order_nor_words_that_no_model_has_change_the_answer(model_id, order, more):
    short = re.sub(r"-classification-\d$", "", model_id)
    words = short.split("-") + more
    order.shuffle(words)
    assert only_fit("_".join(words), NAMES) == only_fit(short, NAMES)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.lists(PARTS).map("".join))
def test_any_text_gets_ids_of_the_catalogue_or_nothing(name):
    answer, listed = only_fit(name, NAMES), suggestions(name, NAMES)
    assert answer is None or answer == listed[0]
    assert len(listed) <= 5
    assert len(set(listed)) == len(listed)
    assert set(listed) <= set(NAMES)


def test_without_models_nothing_fits():
    assert only_fit("mobilenet", {}) is None
    assert suggestions("mobilenet", {}) == []


def test_of_ids_that_share_a_word_alone_three_are_suggested() -> None:
    names = {f"tensorflow-ic-mobilenet-{size}": f"MobileNet {size}" for size in "abcdef"}
    found = suggestions("mobilenet flowers-v9 resnet", names)
    assert len(found) == 3
    assert set(found) <= set(names)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("bits", ["bit", "s"]),
        ("resnet50", ["resnet", "50"]),
        # No plain word of three letters or more.
        ("ms", []),
        ("xls", []),
        ("r50s", []),
        # Not to its end.
        ("bitz", []),
    ],
)
def test_a_part_is_several_words_where_one_is_a_plain_one_of_three_letters(part, words):
    assert model_names._known(part, {"bit", "m", "s", "xl", "r50", "resnet", "50"}) == words
