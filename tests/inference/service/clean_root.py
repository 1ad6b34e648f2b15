"""A root of its own for the steps of the Dockerfile, where no container engine is.

What the image ``python:3.12-slim`` has is this machine's, mounted read-only: the system's folders
and the Python that runs the tests. Everything else is made by the Dockerfile's own steps, each in a
mount namespace; what is mounted and set when it runs is what the compose file says.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from typing_extensions import Self

from tests.inference.service import files

_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "etc")
# What an image says about itself.
_WORDS = {"FROM", "ARG", "ENV", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


def can_make_roots() -> bool:
    """Whether this user may make mount namespaces and other users' processes."""
    tools = all(map(shutil.which, ("unshare", "chroot", "mount", "nsenter")))
    if not tools or os.geteuid() != 0:
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


class CleanRoot:
    """A folder that becomes the root of commands; it is removed at the end."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ic-tf-root-"))
        self.folder.chmod(0o755)
        self._user, self._place = "0:0", "/"
        self._variables = files.environment()
        self._variables["PATH"] = self._variables["PATH"].replace("/usr/local", sys.base_prefix)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)

    def build(self) -> None:
        """Do every step of the Dockerfile."""
        for name in ("tmp", "dev", "proc", "model", "run/secrets"):
            (self.folder / name).mkdir(parents=True)
        for name, text in files.dockerfile():
            words = files.expanded(text, self._variables)
            if name == "WORKDIR":
                self._place = words
                (self.folder / words[1:]).mkdir(parents=True, exist_ok=True)
            elif name == "COPY":
                self._copy(*words.split())
            elif name == "RUN":
                self._run(words)
            elif name == "USER":
                self._user = words
            else:
                assert name in _WORDS, name

    def command(self, model: Path, token: Path, port: int) -> list[str]:
        """What starts the endpoint as the compose file says; its process becomes the endpoint's."""
        service = files.compose()["services"]["endpoint"]
        assert service["read_only"] is True
        assert service["tmpfs"] == "/tmp"
        assert service["volumes"] == ["./model:/model:ro"]
        [secret] = service["secrets"]
        mounted = {"/model/model.tar.gz": model, f"/run/secrets/{secret}": token}
        script = self._mounts()
        for place, path in mounted.items():
            (self.folder / place[1:]).touch()
            script += self._bind(path, place)
        script += f"mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs {self.folder}/tmp\n"
        return _in_namespace(script + self._chroot(files.command(), service["environment"], port))

    def health_check(self, port: int) -> list[str]:
        """The Dockerfile's HEALTHCHECK."""
        return _in_namespace(self._mounts() + self._chroot(files.health_check(), {}, port))

    def writable(self, process: int) -> set[str]:
        """Into which of some folders the endpoint's user can write, in the endpoint's own root."""
        user, _, group = self._user.partition(":")
        enter = ["nsenter", f"--target={process}", "--mount", "--root", f"--setuid={user}"]
        enter += [f"--setgid={group}", "/usr/bin/touch"]
        return {
            place
            for place in ("/", "/tmp", "/opt/ic-tf", "/model", "/etc", "/run/secrets")
            if subprocess.run([*enter, f"{place}/written"], check=False).returncode == 0
        }

    def _copy(self, *words: str) -> None:
        *sources, target = words
        place = self.folder / self._place[1:] / target
        for source in sources:
            if (files.ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(files.ROOT / source, place, ignore=ignored)
            else:
                shutil.copyfile(files.ROOT / source, place / source)

    def _run(self, text: str) -> None:
        # How this machine reaches its package registry is no matter of the image's.
        network = {
            name: value
            for name, value in os.environ.items()
            if re.match(r"PIP_|SSL_CERT_|.*_proxy$", name, re.IGNORECASE)
        }
        folders = [Path(value) for value in network.values() if Path(value).is_dir()]
        script = self._mounts(*folders) + self._chroot(["sh", "-c", text], network)
        # Of a test that is stopped nothing goes on to install.
        command = _in_namespace(script, "--pid", "--fork", "--kill-child")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"

    def _mounts(self, *folders: Path) -> str:
        # The folder itself first: only what is mounted can be read-only.
        root = shlex.quote(str(self.folder))
        lines = f"mount --bind {root} {root}\n"
        if self._user != "0:0":
            lines += f"mount -o remount,ro,bind {root}\n"
        # A Python below /usr is there with it.
        for path in (*(Path("/", name) for name in _SYSTEM), Path(sys.base_prefix), *folders):
            inside = self.folder / path.relative_to("/")
            if path.is_symlink():
                if not inside.is_symlink():
                    inside.symlink_to(path.readlink())
            elif path.is_dir() and path.parent not in (Path("/usr"), Path("/usr/local")):
                inside.mkdir(parents=True, exist_ok=True)
                lines += self._bind(path, str(path))
        for name in ("dev", "proc"):
            lines += f"mount --rbind /{name} {root}/{name}\n"
        return lines

    def _bind(self, path: Path, place: str) -> str:
        target = shlex.quote(f"{self.folder}{place}")
        source = shlex.quote(str(path))
        return f"mount --bind {source} {target}\nmount -o remount,ro,bind {target}\n"

    def _chroot(self, words: list[str], more: dict[str, str], port: int = 8080) -> str:
        variables = {**self._variables, **more}
        pairs = [f"{name}={value}" for name, value in variables.items()]
        said = [word.replace("8080", str(port)) for word in words]
        inside = ["env", "-i", *pairs, "sh", "-c", 'cd "$0" && exec "$@"', self._place, *said]
        return f"exec chroot --userspec={self._user} {shlex.join([str(self.folder), *inside])}\n"


def _in_namespace(script: str, *more: str) -> list[str]:
    return ["unshare", "--mount", *more, "sh", "-ec", script]
