"""What the workers of an engine did in a test, by what they logged; see ``worker_site``."""

import os
import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


class WorkerLog:
    """The log of all workers.

    Args:
        folder: Where it is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def variables(self) -> dict[str, str]:
        """What the environment of the workers needs."""
        path = os.pathsep.join(map(str, (HERE / "worker_site", ROOT)))
        return {"PYTHONPATH": path, "IC_TF_SDK_TEST_WORKERS": str(self.folder)}

    def clear(self, *, kill: bool = False) -> None:
        """Forget what was; with ``kill`` one worker is killed after its second batch."""
        for name in ("log", "kill", "killed"):
            (self.folder / name).unlink(missing_ok=True)
        if kill:
            (self.folder / "kill").touch()

    def loads(self) -> Counter[str]:
        """Process -> how often it loaded a model."""
        return Counter(re.findall(r"^(\d+) .* is loaded in", self._text(), re.MULTILINE))

    def classified(self) -> int:
        """Images that were classified, also those of a batch that was lost."""
        counts = re.findall(r"^\d+ (\d+) images are classified", self._text(), re.MULTILINE)
        return sum(map(int, counts))

    def was_killed(self) -> bool:
        """Whether a worker has killed itself."""
        return (self.folder / "killed").exists()

    def _text(self) -> str:
        return (self.folder / "log").read_text()
