"""The example files of a service, read as what runs them reads them."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "examples" / "deploy"


class Step(NamedTuple):
    """One instruction of a Dockerfile, its lines joined."""

    name: str
    text: str


def dockerfile() -> list[Step]:
    """The instructions in their order, without comments."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    steps = [line.partition(" ") for line in joined.splitlines() if line.strip()]
    return [Step(name, rest.strip()) for name, _, rest in steps]


def step(name: str) -> str:
    """What the one instruction of this name says."""
    [found] = [one.text for one in dockerfile() if one.name == name]
    return found


def expanded(text: str, variables: dict[str, str]) -> str:
    """With the values of ``$NAME`` and ``${NAME}``, as Docker puts them in."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: variables.get(found[1], ""), text)


def environment() -> dict[str, str]:
    """What ARG and ENV set, on top of the PATH of the image that it is made from."""
    variables = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    for one in dockerfile():
        if one.name in {"ARG", "ENV"}:
            for pair in shlex.split(one.text):
                name, _, value = pair.partition("=")
                variables[name] = expanded(value, variables)
    return variables


def command() -> list[str]:
    """ENTRYPOINT and CMD."""
    return [*json.loads(step("ENTRYPOINT")), *json.loads(step("CMD"))]


def health_check() -> list[str]:
    """The command of HEALTHCHECK."""
    found: list[str] = json.loads(step("HEALTHCHECK").partition(" CMD ")[2])
    return found


class Unit(NamedTuple):
    """A unit of systemd: section -> name -> values in their order."""

    sections: dict[str, dict[str, list[str]]]

    def one(self, section: str, name: str) -> str:
        """The value that is given once."""
        [value] = self.sections[section][name]
        return value

    @property
    def command(self) -> list[str]:
        """ExecStart."""
        return shlex.split(self.one("Service", "ExecStart"))

    @property
    def environment(self) -> dict[str, str]:
        """Every Environment= together."""
        pairs = (pair for text in self.sections["Service"]["Environment"] for pair in text.split())
        return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def unit(text: str | None = None) -> Unit:
    """The unit, by the rules of systemd.syntax(7) that it makes use of.

    Raises:
        ValueError: A line is none of a unit.
    """
    text = (FOLDER / "ic-tf-serve.service").read_text(encoding="utf-8") if text is None else text
    sections: dict[str, dict[str, list[str]]] = {}
    for line in text.splitlines():
        if not line.strip() or line[0] in "#;":
            continue
        if header := re.fullmatch(r"\[(\w+)\]", line):
            current = sections.setdefault(header[1], {})
            continue
        name, sign, value = line.partition("=")
        if not sections or not sign or not re.fullmatch("[A-Z][A-Za-z]+", name):
            raise ValueError(f"no line of a unit: {line}")
        current.setdefault(name, []).append(value)
    return Unit(sections)


def compose() -> dict[str, Any]:
    """The compose file."""
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def manifests() -> dict[str, Any]:
    """The manifests of Kubernetes by their kind."""
    text = (FOLDER / "kubernetes.yaml").read_text(encoding="utf-8")
    return {one["kind"]: one for one in yaml.safe_load_all(text)}
