"""Whether the tests would notice: each module is changed in one place, and its tests must fail.

``nox -s mutation`` changes every module of ``modules.json``, and of those of ``slow.json`` a
sample; ``nox -s mutation -- contract/archive.py`` that one. Both name the tests of each module, all
of which run without TensorFlow; so does ``untried.json``, whose modules are tried by name alone,
until they stand in one of the others. ``sampled.json`` does the same of graphs' code, of which
``--tensorflow PYTHON`` tries a sample; ``left_out.json`` has the other modules and the reasons.

A change of a function is tried in ``warm_tests`` first, where it costs no start; what is not
noticed there has a start of its own. A change that no test notices must stand in ``unnoticed.json``
with the reason why nobody could see it; at least 90 in 100 must be noticed. A test that noticed a
change goes before the others for the next one, and the first that fails ends the run. ``--results
FILE`` keeps what became of each change, and ``--again FILE`` tries only those that such a file
calls unnoticed.

The exit code is 1 where a change was neither noticed nor listed, where a listed one was noticed or
is no more, and where too few were noticed.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.mutation import forked_tests, started_tests, warm_tests
from tests.mutation.changes import Change, changes
from tests.mutation.forked_tests import Outcome

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LEAST_NOTICED = 0.9
SAMPLE_OF_SLOW = 10
_LOG = "mutation.log"
_EXTRA_SECONDS = 15.0
_TIMES = 6.0

Key = tuple[str, str, str, str]
_Run = Callable[..., Outcome]


@dataclass
class Count:
    """What became of the changes of one module, or of all.

    Attributes:
        noticed: How many were.
        unnoticed: What was not, as keys of ``unnoticed.json``, with their line.
        broken: What the tests said where they failed without a change.
        seconds: How long all of it took.
    """

    noticed: int = 0
    unnoticed: list[tuple[Key, int]] = field(default_factory=list)
    broken: str | None = None
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return self.noticed + len(self.unnoticed)

    @property
    def share(self) -> float:
        return self.noticed / self.total if self.total else 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the session; the exit code."""
    options = _options(arguments)
    # The tests of a changed module, which may run for ever, are of a group of their own.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    names = ("modules", "slow", "untried") if options.tensorflow is None else ("sampled",)
    lists = {name: _list(name) for name in names}
    tests = {module: files for one in lists.values() for module, files in one.items()}
    chosen = options.modules or [one for one in tests if one not in lists.get("untried", {})]
    if unknown := sorted(set(chosen) - set(tests)):
        print(f"{' and '.join(names)}.json: no {', '.join(unknown)}.", file=sys.stderr)
        return 1
    options.slow = lists.get("slow", {}).keys()
    listed = {_key(entry): entry["reason"] for entry in _entries()}
    _copy(options.folder)
    run = _runner(options)
    counts = {}
    for module in chosen:
        started = time.monotonic()
        counts[module] = _session(run, module, tests[module], options)
        counts[module].seconds = time.monotonic() - started
        _print(module, counts[module], listed)
    if options.sample is not None or options.match or options.again:
        return _judge(counts, listed, whole=())
    return _judge(counts, listed, whole=counts.keys() - options.slow)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s mutation --", description=__doc__)
    parser.add_argument("modules", nargs="*", help="as in modules.json and slow.json; default: all")
    parser.add_argument("--folder", type=Path, required=True, help="for a copy of the project")
    parser.add_argument("--sample", type=int, help="at most so many changes of each module")
    parser.add_argument("--match", default="", help="only changes that make a line with this text")
    parser.add_argument("--results", type=Path, help="a file to which each change is appended")
    parser.add_argument("--again", type=Path, help="only what this file of results has unnoticed")
    parser.add_argument("--tensorflow", type=Path, help="Python that has it, for sampled.json")
    options = parser.parse_args(arguments)
    options.folder = options.folder.resolve()
    return options


def _runner(options: argparse.Namespace) -> _Run:
    if options.tensorflow is not None:
        # A virtual environment's Python is a link, which must not be followed.
        return partial(started_tests.run, options.tensorflow.absolute(), options.folder)
    forked_tests.prepare()
    return partial(forked_tests.run, options.folder)


def _list(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((HERE / f"{name}.json").read_text())
    return found


def _entries() -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads((HERE / "unnoticed.json").read_text())
    return entries


def _key(entry: dict[str, str]) -> Key:
    return entry["module"], entry["operator"], entry["before"], entry["after"]


def _copy(folder: Path) -> None:
    """The files of the project that git knows or would take, where they may be changed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        target = folder / name
        if (ROOT / name).is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())


def _session(run: _Run, module: str, tests: list[str], options: argparse.Namespace) -> Count:
    path, log = options.folder / "ic_tf_sdk" / module, options.folder / _LOG
    # The first run fills the caches, the second says how long the tests take; where each takes
    # TensorFlow's start, one says it well enough.
    for _ in range(2 if options.tensorflow is None else 1):
        sound = run(tests, log, seconds=600.0, keep=True)
        if sound.code != 0:
            return Count(broken=log.read_text(errors="replace")[-3000:])
    source, count = path.read_text(encoding="utf-8"), Count()
    limit = _EXTRA_SECONDS + _TIMES * sound.seconds
    likely: dict[str, None] = {}
    chosen = list(_chosen(module, source, options))
    warm = set[int]()
    if options.tensorflow is None:
        warm = warm_tests.noticed(options.folder, module, tests, log, chosen, seconds=limit)
    try:
        for place, change in enumerate(chosen):
            if place in warm:
                _tell(count, module, change, 1, options)
                continue
            # Else Python might take the module as it was compiled within the same second.
            for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
                compiled.unlink()
            path.write_text(change.source, encoding="utf-8")
            outcome = run(tests, log, seconds=limit, keep=False, likely=[*reversed(likely)])
            if outcome.failed is not None:
                likely.pop(outcome.failed, None)
                likely[outcome.failed] = None
            _tell(count, module, change, outcome.code, options)
    finally:
        path.write_text(source, encoding="utf-8")
    return count


def _chosen(module: str, source: str, options: argparse.Namespace) -> Iterator[Change]:
    every = [change for change in changes(source) if options.match in change.after]
    if options.again is not None:
        again = _survivors(options.again, module)
        every = [change for change in every if _key_of(module, change) in again]
    most = SAMPLE_OF_SLOW if module in options.slow and not options.again else len(every)
    most = most if options.sample is None else options.sample
    return iter(every if most >= len(every) else random.Random(module).sample(every, most))


def _tell(
    count: Count, module: str, change: Change, code: int, options: argparse.Namespace
) -> None:
    """Count a change by the exit code of its tests, and keep what became of it."""
    if code:
        count.noticed += 1
    else:
        count.unnoticed.append((_key_of(module, change), change.line))
    if options.results:
        _append(options.results, module, change, code)


def _key_of(module: str, change: Change) -> Key:
    return module, change.operator, change.before, change.after


def _survivors(results: Path, module: str) -> set[Key]:
    """What was not noticed when it was tried last; nothing of a module that was not."""
    lines = map(json.loads, results.read_text().splitlines())
    # Of equal statements each has its line.
    last = {(_key(line), line["line"]): line["code"] for line in lines if line["module"] == module}
    return {key for (key, _), code in last.items() if code == 0}


def _append(path: Path, module: str, change: Change, code: int) -> None:
    said = {"module": module, "operator": change.operator, "line": change.line}
    said |= {"before": change.before, "after": change.after, "code": code}
    with path.open("a") as stream:
        stream.write(json.dumps(said) + "\n")


def _print(module: str, count: Count, listed: dict[Key, str]) -> None:
    if count.broken is not None:
        print(f"{module}: its tests fail as it is\n{count.broken}", flush=True)
        return
    share = f"{100 * count.share:.1f} in 100, {count.seconds:.0f} s"
    print(f"{module}: {count.noticed} of {count.total} noticed, {share}", flush=True)
    for key, line in count.unnoticed:
        _, operator, before, after = key
        state = f"listed: {listed[key]}" if key in listed else "NOT NOTICED"
        print(f"  line {line}, {operator}: {before}  ->  {after}  ({state})", flush=True)


def _judge(counts: dict[str, Count], listed: dict[Key, str], *, whole: Collection[str]) -> int:
    """The exit code; ``whole`` are the modules of which every change was tried."""
    noticed = sum(count.noticed for count in counts.values())
    total = sum(count.total for count in counts.values())
    unnoticed = {key for count in counts.values() for key, _ in count.unnoticed}
    share = noticed / total if total else 1.0
    for module, count in counts.items():
        if module in whole and count.share < LEAST_NOTICED:
            print(f"{module}: only {100 * count.share:.1f} in 100 noticed")
    print(f"{len(counts)} modules, {total} changes, {noticed} noticed: {100 * share:.1f} in 100")
    bad = len(unnoticed - listed.keys())
    if bad:
        print(f"{bad} of the others do not stand in unnoticed.json.")
    broken = [module for module, count in counts.items() if count.broken is not None]
    tested = counts.keys() - set(broken)
    stale = [key for key in listed if key[0] in tested & set(whole) and key not in unnoticed]
    for key in stale:
        print(f"unnoticed.json lists what is noticed now, or is no more: {key}")
    return int(bool(bad or stale or broken or share < LEAST_NOTICED))


if __name__ == "__main__":
    sys.exit(main())
