"""The page's decoder under Node.js: what it makes of files, without a browser."""

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from ic_tf_sdk.inference.web import page

NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="needs Node.js (Debian's package nodejs)")

_PROGRAM = """
import {createHash} from "node:crypto";
import {readFileSync} from "node:fs";
for (const content of JSON.parse(readFileSync(process.argv[2]))) {
  try {
    const {width, height, data} = await decode(new Uint8Array(Buffer.from(content, "base64")));
    const digest = createHash("sha256").update(data).digest("hex");
    console.log(JSON.stringify([height, width, digest]));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.log(JSON.stringify(error.message));
  }
}
"""


class Decoded(NamedTuple):
    """A picture: its size, and the SHA-256 of its pixels."""

    height: int
    width: int
    digest: str

    @classmethod
    def of(cls, pixels: object) -> "Decoded":
        """Of an array uint8 [height, width, 3]."""
        height, width, _ = pixels.shape  # type: ignore[attr-defined]
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()  # type: ignore[attr-defined]
        return cls(height, width, digest)


def decoded(contents: Sequence[bytes], scratch: Path) -> list[Decoded | str]:
    """What becomes of each file: a picture, or the reason for which it is refused."""
    program, given = scratch / "decoder.mjs", scratch / "files.json"
    program.write_text(page.decoder() + _PROGRAM, encoding="utf-8")
    given.write_text(json.dumps([base64.b64encode(content).decode() for content in contents]))
    done = subprocess.run(
        [str(NODE), str(program), str(given)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(contents)
    return [line if isinstance(line, str) else Decoded(*line) for line in lines]
