"""Large images are decoded by threads that give way to all others."""

import os
import sys
import threading

import pytest

from ic_tf_sdk.inference import large_images
from tests.inference.plain_model import PlainModel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority here")


@pytest.mark.parametrize(("of_the_process", "expected"), [(0, 10), (10, 10), (15, 15)])
def test_large_images_are_decoded_at_a_low_priority_and_at_none_above_the_process(
    of_the_process: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody but root may raise what `nice` has lowered: the endpoint would not start."""
    asked: list[tuple[int, int, int]] = []

    class Model(PlainModel):
        def background_loader(self, threads: int) -> int:  # type: ignore[override]
            return threads + threading.get_native_id()

    monkeypatch.setattr(os, "getpriority", lambda *_: of_the_process)
    monkeypatch.setattr(os, "setpriority", lambda *given: asked.append(given))
    builder = large_images.background_loader(Model(), 0)
    # That of the thread whose priority the decoding ones inherit.
    assert asked == [(os.PRIO_PROCESS, builder, expected)]
    assert builder != threading.get_native_id()
