"""Asks every address of the documentation that is another site's: ``python -m tools.links``.

Sphinx's own builder asks; this says what came of it. An address that nobody answered at is told
apart from one that a server refused, and neither has passed: the exit code is then 1.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
_PASSED = ("working", "redirected")
# A server's own answer; all else is that none came.
_ANSWERED = re.compile(r"[45]\d\d |Anchor ")


def ask(docs: Path, folder: Path) -> list[dict[str, Any]]:
    """Every address of a folder of pages, with what came of asking.

    Args:
        docs: The pages, with their ``conf.py``.
        folder: Where Sphinx writes.
    """
    command = [sys.executable, "-m", "sphinx", "-b", "linkcheck", "-q", str(docs), str(folder)]
    results = folder / "output.json"
    # Else what an earlier call found would pass where this one breaks.
    results.unlink(missing_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not results.is_file():
        raise SystemExit(f"The pages could not be read:\n{done.stderr}")
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def passed(one: Mapping[str, Any]) -> bool:
    """Whether an address leads somewhere, or is nobody's or a page of this site."""
    return one["status"] in (*_PASSED, "ignored", "local", "unchecked")


def answered(one: Mapping[str, Any]) -> bool:
    """Whether a server said that there is nothing, or that it does not tell."""
    return one["status"] != "timeout" and bool(_ANSWERED.match(str(one["info"])))


def report(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """What came of asking, as lines: the counts, and each address that has not passed.

    Args:
        found: From ``ask``.
    """
    every = {str(one["uri"]): one for one in found}.values()
    asked = [one for one in every if one["status"] not in ("ignored", "local", "unchecked")]
    wrong = [one for one in asked if not passed(one)]
    refused = [one for one in wrong if answered(one)]
    nobody = [one for one in wrong if not answered(one)]
    counts = (
        f"{len(asked)} addresses of other sites: {len(asked) - len(wrong)} lead somewhere, "
        f"{len(refused)} were refused, {len(nobody)} could not be reached."
    )
    lines = [counts]
    lines += [f"REFUSED {one['uri']} ({one['filename']}): {_short(one)}" for one in refused]
    hosts = Counter(urlsplit(str(one["uri"])).hostname for one in nobody)
    for host, count in hosts.most_common():
        reason = next(_short(one) for one in nobody if urlsplit(str(one["uri"])).hostname == host)
        lines.append(f"NOT REACHED {host}, {count} addresses, of which nothing is known: {reason}")
    if any(map(_moved, asked)):
        lines += [f"moved for good: {one['uri']} -> {one['info']}" for one in asked if _moved(one)]
    return lines


def _moved(one: Mapping[str, Any]) -> bool:
    return one["status"] == "redirected" and one.get("code") in (301, 308)


def _short(one: Mapping[str, Any]) -> str:
    return " ".join(str(one["info"] or one["status"]).split())[:160]


def main() -> int:
    """Ask, and say what came of it.

    Returns:
        The exit code.
    """
    found = ask(ROOT / "docs", ROOT / "docs" / "_build" / "links")
    print("\n".join(report(found)))
    return 0 if all(map(passed, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
