"""What came of an import: counts, and a reason for each row that is not there."""

import html
import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.contract.plain_text import visible

__all__ = ["ImportedData", "LeftOut"]

_WHOLE = ""
_CHANNELS = {"training": "", "validation": "--validation", "test": "--test"}


class LeftOut(NamedTuple):
    """A row that is not in the folder.

    Attributes:
        row: Its line, or its place, from 1.
        image: The path or URI, as the source has it.
        label: The class; empty where there is none.
        reason: Why it was left out.
    """

    row: int
    image: str
    label: str
    reason: str


@dataclass(frozen=True)
class ImportedData:
    """The result of ``import_data``.

    Attributes:
        out: The folder.
        kind: What the source was: ``csv``, ``manifest``, ``lst`` or ``folder``.
        rows: How many rows, or files, the source has.
        images: Part -> class folder -> how many of the rows are there now, those that were there
            before among them. The part is ``training``, ``validation`` or ``test`` of a source with
            parts, else empty.
        added: How many files were written now.
        already_there: How many rows were there before, with the same bytes.
        repeated: How many rows name an image again, in the same class, or have another's bytes and
            name.
        converted: Kind -> how many images of it were converted.
        left_out: The rows that are not there, with the reason of each.
        passed_over: Suffix -> how many files of a folder are no images by their names.
        renamed: Class -> its folder, where that is called differently.
        notes: What a person should know.

    Example:
        >>> found = ImportedData(Path("flowers"), "csv", 3, {"": {"roses": 2}}, added=2)
        >>> found.reasons, found.fit_command
        ({}, 'ic-tf fit flowers')
    """

    out: Path
    kind: str
    rows: int
    images: Mapping[str, Mapping[str, int]]
    added: int = 0
    already_there: int = 0
    repeated: int = 0
    converted: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def reasons(self) -> dict[str, int]:
        """Reason -> how many rows were left out for it, the most first."""
        return dict(Counter(one.reason for one in self.left_out).most_common())

    @property
    def fit_command(self) -> str:
        """The command line that trains on the folder."""
        if _WHOLE in self.images:
            return shlex.join(["ic-tf", "fit", str(self.out)])
        words = ["ic-tf", "fit"]
        for part, option in _CHANNELS.items():
            if part in self.images:
                words += [option, str(self.out / part)] if option else [str(self.out / part)]
        return shlex.join(words)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values; what ``--json`` prints."""
        return {
            **asdict(self),
            "out": str(self.out),
            "left_out": [one._asdict() for one in self.left_out],
            "notes": list(self.notes),
            "reasons": self.reasons,
            "fit_command": self.fit_command,
        }

    def sentences(self) -> list[str]:
        """What was converted, left out, renamed and passed over, each in a sentence."""
        said = [f"{count} {kind} converted." for kind, count in sorted(self.converted.items())]
        if self.repeated:
            said.append(f"{self.repeated} rows repeat an image of the same class.")
        said += [f"{count} left out: {reason}." for reason, count in self.reasons.items()]
        renamed = self.renamed.items()
        said += [f"The class {old!r} is in the folder {new!r}." for old, new in renamed]
        if self.passed_over:
            listed = ", ".join(f"{n} {kind}" for kind, n in sorted(self.passed_over.items()))
            said.append(f"Files that are no images by their names: {listed}.")
        return said + list(self.notes)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{_text(part or '-')}</td><td>{_text(name)}</td><td>{count}</td></tr>"
            for part, classes in self.images.items()
            for name, count in classes.items()
        )
        said = "".join(f"<li>{_text(sentence)}</li>" for sentence in self.sentences())
        head = "<tr><th>part</th><th>class</th><th>images</th></tr>"
        return f"<p>{_text(str(self.out))}</p><table>{head}{rows}</table><ul>{said}</ul>"


def _text(value: str) -> str:
    return html.escape(visible(value))
