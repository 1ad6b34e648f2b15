"""A model's card has every fact of its record, as text and as HTML that nothing can break."""

import re
from types import MappingProxyType

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.specs.model_card import ModelCard

MOBILENET = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")
TF1 = next(
    spec
    for spec in map(specs.get, specs.model_ids())
    if spec.module_format == "tf1_hub" and spec.weights_extra is None
)
ALONE = "classification layer only (TF Hub's TF1 module)"


def facts(**changes):
    card = ModelCard(MOBILENET._replace(**changes))
    return {label: (value, reason) for label, value, reason in card.facts()}


def test_a_fact_has_its_unit_and_an_unknown_one_a_dash():
    found = facts(parameters_millions=3.5, imagenet_top1=71.25, ms_per_image=None)
    assert found["Parameters"][0] == "3.5 million"
    assert found["ImageNet top-1"][0] == "71.25 %"
    assert found["One image takes"][0] == "-"
    assert found["Input"][0] == "224 x 224 pixels (fixed size)"
    assert found["Version"][0] == f"{MOBILENET.version} (of {', '.join(MOBILENET.versions)})"


def test_what_most_models_have_not_is_left_out_where_it_is_not_there():
    optional = ("Alias of", "Embedded archive", "Weights in the extra")
    assert not set(optional) & facts().keys()
    found = facts(alias_of="x", embedded_archive="x.tar.gz", weights_extra="imagenet")
    assert [found[label][0] for label in optional] == ["x", "x.tar.gz", "imagenet"]


@pytest.mark.parametrize(
    ("spec", "extra", "said"),
    [
        (MOBILENET, None, "whole network"),
        (TF1, None, ALONE),
        (TF1, "imagenet", f"whole network (the extra imagenet), {ALONE}"),
    ],
)
def test_how_much_may_be_trained_goes_by_the_source_of_the_weights(spec, extra, said):
    [trains] = [value for label, value, _ in ModelCard(spec._replace(weights_extra=extra)).facts()
                if label == "Trains"]  # fmt: skip
    assert trains == said


def test_the_text_has_a_column_of_labels_and_one_of_values():
    card = ModelCard(MOBILENET)
    title, *lines = str(card).splitlines()
    assert title == MOBILENET.display_name
    assert [line[:17].rstrip() for line in lines] == [
        *(label for label, _, _ in card.facts()),
        "Defaults",
    ]
    assert all(line[15:17] == "  " for line in lines)
    assert "epochs=3, " in lines[-1]
    assert repr(card) == str(card)


def test_the_html_links_addresses_marks_what_has_a_reason_and_escapes_all():
    reasons = MappingProxyType({"family": "derived: <b>"})
    spec = MOBILENET._replace(family="<i>", display_name="<u>", provenance=reasons)
    html = ModelCard(spec)._repr_html_()
    handle = MOBILENET.classification_handle
    assert f"<a href='{handle}'>{handle}</a></td>" in html
    assert "title='derived: &lt;b&gt;' style='text-align:left'>&lt;i&gt; *</td>" in html
    assert html.count(" *</td>") == 1
    assert "<h3>&lt;u&gt;</h3>" in html
    assert "<td style='text-align:left'>epochs</td><td style='text-align:left'><code>3<" in html
    assert not re.search("<[biu]>", html)
    assert html.count("<a ") == 2
