"""SageMaker's instance types against boto3's own list: each has an image, or the reason why not."""

from datetime import date
from typing import get_args

import pytest

from ic_tf_sdk import image_uris, specs
from ic_tf_sdk.enums import SCOPES
from ic_tf_sdk.errors import UnknownInstanceTypeError
from ic_tf_sdk.specs import catalogue, source
from ic_tf_sdk.specs.container_images import image_uri
from ic_tf_sdk.specs.instance_families import (
    Use,
    families,
    family_of,
    living_type,
    retirement,
    retirement_warning,
)

USES = get_args(Use)
SHAPES = {
    "training": "TrainingInstanceType",
    "hosting": "ProductionVariantInstanceType",
    "transform": "TransformInstanceType",
}
# Of boto3 1.44.5. A newer boto3 has more, and the test names them.
COUNTS = {"training": 225, "hosting": 277, "transform": 116}
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"


def known(use: Use) -> set[str]:
    """The types of the catalogue."""
    return {
        f"ml.{family.name}.{size}" for family in families().values() for size in family.sizes[use]
    }


def of_boto3(use: Use) -> set[str]:
    """The types that the installed boto3 sends; read from its data, without a network."""
    session = pytest.importorskip("botocore.session").get_session()
    return set(session.get_service_model("sagemaker").shape_for(SHAPES[use]).enum)


RETIRED = sorted(
    {
        kind
        for use in USES
        for kind in known(use)
        if (family := family_of(kind)) is not None and family.retired
    }
)


@pytest.mark.parametrize("use", USES)
def test_every_instance_type_of_boto3_is_known(use: Use) -> None:
    missing = of_boto3(use) - known(use)
    assert not missing, f"add to instance_families.json, {use}: {', '.join(sorted(missing))}"
    assert len(known(use)) == COUNTS[use]


@pytest.mark.parametrize("use", USES)
def test_every_type_has_the_image_of_its_processor_or_is_refused_with_a_reason(use: Use) -> None:
    published, record = source.named("published"), catalogue.record(MOBILENET)
    scope = "training" if use == "training" else "inference"
    answered, refused = 0, 0
    for kind in sorted(known(use)):
        family = family_of(kind)
        assert family is not None
        if family.image is None:
            with pytest.raises(UnknownInstanceTypeError) as error:
                image_uri(published, record, "us-west-2", kind, scope)
            assert f"{kind!r}: {family.no_image} Take for example" in str(error.value)
            refused += 1
            continue
        # The SDK's own rule.
        expected = "gpu" if family.name[0] in "gp" else "cpu"
        assert f"-{expected}-py" in image_uri(published, record, "us-west-2", kind, scope)
        answered += 1
    print(f"{use}: {answered} types with an image, {refused} refused with a reason")
    assert answered + refused == COUNTS[use]


def test_a_type_that_runs_no_tensorflow_image_is_refused_by_retrieve_with_the_reason() -> None:
    with pytest.raises(UnknownInstanceTypeError, match="AWS Trainium runs what was compiled"):
        image_uris.retrieve(
            None,
            "us-west-2",
            model_id=MOBILENET,
            model_version="*",
            image_scope="training",
            instance_type="ml.trn1.2xlarge",
        )


def test_awss_own_content_answers_for_the_families_of_its_spec_alone() -> None:
    jumpstart, record = source.named("jumpstart"), catalogue.record(MOBILENET)
    assert "-gpu" in image_uri(jumpstart, record, "us-west-2", "ml.p2.xlarge", "training")
    with pytest.raises(UnknownInstanceTypeError, match="the jumpstart content has none"):
        image_uri(jumpstart, record, "us-west-2", "ml.g7e.2xlarge", "training")


def test_every_fact_says_where_it_is_from() -> None:
    facts = catalogue.read("instance_families")
    for name, family in facts["families"].items():
        assert (family["image"] is None) == ("no_image" in family), name
        if "accelerator" in family:
            assert family["accelerator_source"] in facts["sources"], name
            known_memory = family["accelerator_memory_gib"] is not None
            assert known_memory == (family["accelerator_source"] != "no-image"), name
        assert family["image"] != "gpu" or family["accelerator_memory_gib"] > 0, name
    for family in families().values():
        every = {size for sizes in family.sizes.values() for size in sizes}
        assert not family.accelerators or set(family.accelerators) == every


def test_no_default_and_no_list_of_the_published_content_names_a_retired_type() -> None:
    published = source.named("published")
    for scope in SCOPES:
        named = {published.default_instance_type(scope), *published.instance_types(scope)}
        assert not named & set(RETIRED)
    # What AWS's own spec says stays as it is.
    assert source.named("jumpstart").default_instance_type("training") == "ml.p3.2xlarge"


@pytest.mark.parametrize("content", ["jumpstart", "published"])
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", RETIRED)
def test_a_retired_type_has_a_living_one_with_as_much_memory(
    kind: str, use: Use, content: str
) -> None:
    among = source.named(content).families()["gpu"]
    instead = living_type(kind, use, among)
    assert instead in known(use)
    old, new = family_of(kind), family_of(instead)
    assert old is not None
    assert new is not None
    assert new.retired is None
    assert new.name in among
    memory = new.accelerator_memory_gib or 0
    assert memory >= (old.accelerator_memory_gib or 0)
    total = new.accelerators[str(instead).rpartition(".")[2]] * memory
    assert total >= old.accelerators[kind.rpartition(".")[2]] * (old.accelerator_memory_gib or 0)
    assert f"Take {instead}, the nearest" in str(retirement_warning(kind, use, among))


@pytest.mark.parametrize(
    ("kind", "instead"),
    [
        # As much memory on each GPU and in all; more of either costs more.
        ("ml.p3.2xlarge", "ml.g4dn.xlarge"),
        ("ml.p3.8xlarge", "ml.g4dn.12xlarge"),
        ("ml.p2.8xlarge", "ml.g5.12xlarge"),
        ("ml.p2.16xlarge", "ml.g5.48xlarge"),
        # A size that is not known is taken for the smallest.
        ("ml.p3.large", "ml.g4dn.xlarge"),
        ("ml.g4dn.xlarge", None),
        ("p3", None),
    ],
)
def test_the_nearest_in_memory_takes_its_place(kind: str, instead: str | None) -> None:
    assert living_type(kind, "training") == instead


def test_among_families_without_one_as_large_there_is_none_and_none_is_named() -> None:
    said = "ml.p3.2xlarge is of a family that AWS takes out of service (EC2: by 2025-12-20)."
    assert retirement("ml.p3.2xlarge") == said
    assert living_type("ml.p3.16xlarge", "training", {"g4dn"}) is None
    assert retirement_warning("ml.p3.2xlarge", "training", {"c5"}) == said
    said = "ml.p2.xlarge is of a family that AWS takes out of service."
    assert retirement("ml.p2.xlarge") == said
    assert str(retirement_warning("ml.p2.xlarge", "hosting")).startswith(f"{said} Take ml.")


def test_no_living_gpu_has_less_memory_than_one_of_a_retired_type() -> None:
    """Else the memory of each GPU would count beside that of all of them together."""
    gpus = [family for family in families().values() if family.image == "gpu"]
    living = min(family.accelerator_memory_gib or 0 for family in gpus if not family.retired)
    assert living >= max(family.accelerator_memory_gib or 0 for family in gpus if family.retired)


def test_the_day_is_a_day_or_said_to_be_unknown() -> None:
    retired = {name: f.retired for name, f in families().items() if f.retired}
    assert retired.keys() == {"p2", "p3"}
    assert retired["p3"].day == date(2025, 12, 20)
    assert retired["p2"].day is None
    assert "was not found" in retired["p2"].source
    assert retirement_warning("ml.g4dn.xlarge", "training") is None
    assert retirement_warning("nonsense", "training") is None


def test_the_export_has_every_family_with_an_image() -> None:
    from ic_tf_sdk.specs.export import jumpstart_spec

    spec = jumpstart_spec(specs.get(MOBILENET), source.named("published"))
    expected = {f.name for f in families().values() if f.image} | {"local", "local_gpu"}
    for name in ("training_instance_type_variants", "hosting_instance_type_variants"):
        assert set(spec[name]["variants"]) == expected
