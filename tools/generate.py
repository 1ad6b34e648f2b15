"""Writes what follows from the catalogue and from what ``benchmarks/`` has kept.

The reference pages, ``ic_tf_sdk/model_ids.py``, ``docs/benchmarks.md`` and the README's table.

python tools/generate.py           writes them
python tools/generate.py --check   fails where a file is not what would be written
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import benchmarks_page  # noqa: E402
import llms  # noqa: E402
from differences import DIFFERENCES, UNTESTED  # noqa: E402

from ic_tf_sdk import specs  # noqa: E402
from ic_tf_sdk.specs import catalogue  # noqa: E402
from ic_tf_sdk.specs.hyperparameter_table import rows  # noqa: E402
from ic_tf_sdk.specs.instance_families import InstanceFamily, families  # noqa: E402
from ic_tf_sdk.specs.model_spec import ModelSpec  # noqa: E402
from ic_tf_sdk.specs.shell_variables import VARIABLES  # noqa: E402
from ic_tf_sdk.specs.size_rule import LARGE_MILLIONS, PIXELS_PER_STEP  # noqa: E402

INTRODUCTION = (
    "{count} model ids. A dash is a fact that no public source gives, or, of the "
    "time, that was not measured. ¹: where the fact is from, "
    "how it is derived, or which sources contradict stands below the table, and in "
    "`specs.get(model_id).provenance`.\n\n"
)
NOTE = "<!-- Written by tools/generate.py from the catalogue; do not edit. -->\n\n"


def main(*, check: bool) -> int:
    """Write the files, or name those that are not up to date.

    Returns:
        The exit code.
    """
    stale = []
    for path, text in outputs().items():
        text_there = path.read_text(encoding="utf-8") if path.is_file() else None
        if text_there == text:
            continue
        stale.append(path.relative_to(ROOT).as_posix())
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"{'Out of date' if check else 'Written'}: {', '.join(stale)}")
    if stale and check:
        print("Run: python tools/generate.py")
    return 1 if stale and check else 0


def outputs() -> dict[Path, str]:
    """Every generated file and its text."""
    docs = ROOT / "docs" / "reference"
    pages = {
        docs / "models.md": _models(),
        docs / "hyperparameters.md": _hyperparameters(),
        docs / "instance-types.md": _instance_types(),
        docs / "sdk-differences.md": _differences(),
        docs / "environment-variables.md": _shell_variables(),
        ROOT / "ic_tf_sdk" / "model_ids.py": _model_ids(),
    }
    pages[docs.parent / "benchmarks.md"] = benchmarks_page.page()
    readme = ROOT / "README.md"
    pages[readme] = benchmarks_page.readme(readme.read_text(encoding="utf-8"))
    return {**pages, docs.parent / "llms.txt": llms.text(docs.parent)}


def _models() -> str:
    records = [specs.get(model_id) for model_id in specs.list_models(include_aliases=True)]
    parts = [
        "# Models\n\n",
        NOTE,
        INTRODUCTION.format(count=len(records)),
    ]
    for family in dict.fromkeys(spec.family for spec in records):
        members = [spec for spec in records if spec.family == family]
        parts += [f"## {family}\n\n", _model_table(members), "\n", _reasons(members), "\n"]
    return "".join(parts).rstrip("\n") + "\n"


def _model_table(members: list[ModelSpec]) -> str:
    head = (
        *("Model id", "Name", "Version", "Input", "Pixels", "Features", "Classes"),
        *(
            "Parameters (M)",
            "ImageNet top-1 (%)",
            "ms per image",
            "Batch",
            "Top only",
            "Licence",
            "Feature vector",
        ),
    )
    return _table(head, [_model_row(spec) for spec in members])


def _model_row(spec: ModelSpec) -> tuple[str, ...]:
    def marked(value: object, field: str) -> str:
        text = "-" if value is None else str(value)
        return text + (" ¹" if field in spec.provenance else "")

    handle = spec.feature_vector_handle
    return (
        f"`{spec.model_id}`",
        marked(spec.display_name, "display_name"),
        spec.version,
        marked(f"{spec.input_height}x{spec.input_width}", "input_height"),
        marked(spec.pixel_range, "pixel_range"),
        marked(spec.feature_vector_size, "feature_vector_size"),
        marked(spec.num_classes, "num_classes"),
        marked(spec.parameters_millions, "parameters_millions"),
        marked(spec.imagenet_top1, "imagenet_top1"),
        marked(spec.ms_per_image, "ms_per_image"),
        spec.hyperparameters["batch_size"],
        spec.hyperparameters["train_only_on_top"],
        marked(spec.license, "license"),
        f"[{handle.split('tfhub.dev/')[1]}]({handle})" if handle else "-",
    )


def _reasons(members: list[ModelSpec]) -> str:
    """Each reason once, with the models that it holds for where not for all."""
    held: dict[tuple[str, str], list[str]] = {}
    for spec in members:
        for field, reason in spec.provenance.items():
            held.setdefault((field, reason), []).append(spec.model_id)
    lines = []
    for (field, reason), ids in held.items():
        some = "" if len(ids) == len(members) else f" ({_shortly(ids)})"
        lines.append(f"- `{field}`{some}: {reason}\n")
    return "".join(lines)


def _shortly(ids: list[str]) -> str:
    short = [model_id.removeprefix("tensorflow-ic-") for model_id in ids]
    return (
        ", ".join(short) if len(short) <= 3 else f"{', '.join(short[:2])} and {len(short) - 2} more"
    )


def _hyperparameters() -> str:
    disagree = catalogue.read("common")["hyperparameter_disagreements"]
    head = ("Name", "Type", "Default", "Range", "What it does", "Aliases", "Where sources disagree")
    body = [
        (
            f"`{row.name}`",
            row.type,
            f"`{row.default}`",
            row.range,
            row.description,
            ", ".join(f"`{alias}`" for alias in row.aliases),
            disagree.get(row.name, ""),
        )
        for row in rows()
        if not row.is_addition
    ]
    additions = [
        (f"`{row.name}`", row.type, f"`{row.default}`", row.range, row.description)
        for row in rows()
        if row.is_addition
    ]
    container = catalogue.container_hyperparameters().items()
    return (
        f"# Hyperparameters\n\n{NOTE}"
        "SageMaker sends every value as text; `True` and numbers are accepted too, nan and "
        "infinities nowhere. Hyphens may stand for underscores. Defaults are those of the AWS "
        "documentation where it and the public spec differ.\n\n"
        "## Of the algorithm\n\n"
        f"{_table(head, body)}\n"
        "## Per model: the size rule\n\n"
        f"A model of {LARGE_MILLIONS:g} million parameters or more trains only its top layer and "
        "takes 16 images per step, 8 from 100 million, 4 from 300 million, and at most as many as "
        f"keep a step within {PIXELS_PER_STEP:,} input pixels. Smaller models take 32 and train "
        "all layers. Parameters are those of the published classifier. One model keeps its "
        "documented `epochs` 5 and `initial_accumulator_value` 0.1: "
        "`tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1`.\n\n"
        "## Additions of this package\n\n"
        "Accepted when given, never part of a model's defaults, neutral by default.\n\n"
        f"{_table(head[:5], additions)}\n"
        "## Of the container\n\n"
        "Part of the defaults with `include_container_hyperparameters=True`.\n\n"
        + _table(("Name", "Default"), [(f"`{k}`", f"`{v}`") for k, v in container])
    )


def _instance_types() -> str:
    sources = catalogue.read("instance_families")["sources"]
    head = ("Family", "Image", "Accelerators", "Memory of one (GiB)", "For", "Out of service")
    return (
        f"# Instance types\n\n{NOTE}"
        "Every family of instance types that SageMaker trains, hosts or transforms on, and which "
        "of the images it takes that run this package's own script and archives. What AWS's own "
        "content runs on is what its spec names. `ic-tf check`, `ic-tf launch` and the helpers of "
        "`launch` warn of a type that AWS takes out of service, and name the nearest one in GPU "
        "memory.\n\n"
        + _table(head, [_family_row(family) for family in families().values()])
        + "\n## Sources\n\n"
        + "".join(f"- `{name}`: {text}\n" for name, text in sources.items())
    )


def _shell_variables() -> str:
    head = ("Variable", "Setting", "What it decides", "Whose")
    return (
        f"# Environment variables and settings\n\n{NOTE}"
        "A setting is a name of `ic_tf_sdk.settings`; where it is not None it goes before its "
        "variable. `ic-tf env` shows those that are set. The container's own (`SM_*`) are set by "
        "SageMaker.\n\n"
        + _table(
            head,
            [
                (f"`{one.name}`", f"`{one.setting}`" if one.setting else "-", one.meaning, one.of)
                for one in VARIABLES
            ],
        )
    )


def _family_row(family: InstanceFamily) -> tuple[str, ...]:
    gone = family.retired
    counts = sorted(set(family.accelerators.values()))
    some = f"{', '.join(map(str, counts))} x " if counts else ""
    return (
        f"`ml.{family.name}`",
        family.image or f"none: {family.no_image}",
        f"{some}{family.accelerator}" if family.accelerator else "-",
        str(family.accelerator_memory_gib or "-"),
        ", ".join(use for use, sizes in family.sizes.items() if sizes) or "AWS's spec alone",
        f"{gone.day or 'day unknown'}: {gone.source}" if gone else "-",
    )


def _differences() -> str:
    tested = [(d.name, " and ".join(d.sides), d.theirs, d.ours, d.reason) for d in DIFFERENCES]
    return (
        f"# Differences to the SageMaker SDK\n\n{NOTE}"
        "`ic_tf_sdk` answers what the SageMaker SDK, v2 and v3, answers from the same catalogue. "
        "The differential test asks both sides the same questions, and fails for every difference "
        "that is not in this list. Errors differ in their text, never in kind: each is also the "
        "built-in exception that the SDK raises.\n\n"
        "## Asserted by the test\n\n"
        + _table(("Case", "SDK", "The SDK", "Here", "Why"), tested)
        + "\n## Outside its questions\n\n"
        + "".join(f"- **{name}**: {text}\n" for name, text in UNTESTED)
    )


def _model_ids() -> str:
    names = {constant_name(model_id): model_id for model_id in specs.list_models()}
    assert len(names) == len(specs.list_models())
    lines = [
        '"""Every model id as a constant, so that an editor completes it.',
        "",
        ">>> from ic_tf_sdk import model_ids",
        ">>> model_ids.MOBILENET_V2_100_224",
        "'tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4'",
        "",
        "Written by tools/generate.py from the catalogue; do not edit.",
        '"""',
        "",
        "from typing import Final",
        "",
        *(f'{name}: Final = "{model_id}"' for name, model_id in names.items()),
    ]
    return "\n".join(lines) + "\n"


def constant_name(model_id: str) -> str:
    """``MOBILENET_V2_100_224`` for the id of that model."""
    short = model_id.removeprefix("tensorflow-ic-").removeprefix("imagenet-")
    return re.sub(r"-classification-\d$", "", short).replace("-", "_").upper()


def _table(head: tuple[str, ...], body: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *body]
    return "".join(f"| {' | '.join(c.replace('|', '/') for c in line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
