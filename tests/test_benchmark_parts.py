"""What the benchmarks measure with: processes, loads and the lines of oneDNN."""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import backbone, engines, processes, rows, training_step
from benchmarks.load import Load, Questions, ask
from tests.conftest import TINY_SIZE
from tests.inference.servers import running


def test_rows_are_chosen_by_their_beginnings_and_an_unknown_one_is_refused():
    names = ["here", "before (1234567)", "Keras `fit`", "Keras `fit`, our settings"]
    assert rows.chosen(names, None) == names
    assert rows.chosen(names, ["Keras", "here"]) == [names[0], *names[2:]]
    with pytest.raises(SystemExit) as found:
        rows.chosen(names, ["here", "both", "before", "one"])
    assert str(found.value).startswith("No row begins with both, one. There are: here, before (")


def test_a_process_is_measured_as_a_whole_and_between_two_of_its_lines():
    program = (
        "import time\n"
        "def work():\n"
        "    until = time.process_time() + 0.1\n"
        "    while time.process_time() < until: pass\n"
        "work(); print('mark 1'); work(); print('other'); work(); print('mark 2')\n"
        "kept = bytearray(60_000_000)\n"
    )
    done = processes.run(
        [sys.executable, "-c", program],
        dict(os.environ),
        marks=lambda line: line.startswith("mark"),
    )
    assert done.lines == ["mark 1\n", "other\n", "mark 2\n"]
    first, second = done.marks
    assert 0.15 <= second.since(first).processor <= done.whole.processor - 0.05
    assert done.whole.wall >= second.wall
    assert done.whole.peak_mb > 60
    assert done.whole.faults > 10_000


def test_a_process_that_fails_ends_the_benchmark_with_what_it_said():
    program = "import sys; print('half of it'); sys.exit('no such thing')"
    with pytest.raises(SystemExit, match=r"half of it\nno such thing"):
        processes.run([sys.executable, "-c", program], dict(os.environ))


def test_wrong_answers_and_refusals_are_counted():
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def invocations(request):
        body = await request.body()
        if body == b"refused":
            return Response(status_code=400)
        return JSONResponse({"probabilities": [0.25, 0.75]})

    bodies = [b"right", b"wrong", b"refused"]
    expected = np.array([[0.25, 0.75], [0.75, 0.25], [0.25, 0.75]])
    load = Load()
    with running(Starlette(routes=[Route("/invocations", invocations, methods=["POST"])])) as url:
        ask(load, url, Questions(bodies, expected), 2, 9)
    assert (len(load.milliseconds), load.wrong, load.errors) == (9, 3, 3)
    assert load.median <= load.p99
    assert load.images_per_second > 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            (
                "onednn_verbose,v1,primitive,exec,cpu,convolution,brgconv:avx512_core,"
                "forward_training,src:f32::blocked:acdb::f0 wei:f32:a:blocked:Acdb16a::f0 "
                "bia:undef::undef::: dst:f32::blocked:acdb::f0,attr-scratchpad:user,"
                "alg:convolution_direct,mb32_ic3oc32_ih225oh112kh3sh2dh0ph0,1.5\n"
            ),
            ("convolution", "forward_training", "brgconv:avx512_core", "acdb"),
        ),
        (
            (
                "onednn_verbose,v1,primitive,exec,cpu,reorder,jit:uni,undef,"
                "src:f32::blocked:cdba::f0 dst:f32::blocked:Acdb48a::f0,,,960x160x1x1,1.5\n"
            ),
            ("reorder", "undef", "jit:uni", "cdba, Acdb48a"),
        ),
        (
            (
                "onednn_verbose,v1,primitive,exec,cpu,batch_normalization,bnorm_tbb_jit:avx512_core,"
                "backward,data:f32::blocked:acdb::f0 diff:f32::blocked:acdb::f0,,flags:CH,"
                "mb32ic32ih112iw112,1.5\n"
            ),
            ("batch_normalization", "backward", "bnorm_tbb_jit:avx512_core", "acdb"),
        ),
    ],
)
def test_a_line_of_onednn_is_read(line, expected):
    assert training_step.primitive(line) == (expected, 1.5)


@pytest.mark.merge
@pytest.mark.slow
def test_every_setting_of_a_step_trains_from_the_beginning(
    tiny_backbone: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
):
    channel = tmp_path / "channel"
    shutil.copytree(tiny_backbone, channel / "1")
    facts = {"kind": "pretrained", "model_id": backbone.MOBILENET_V2, "model_version": "1.0.0"}
    facts |= {"input_height": TINY_SIZE, "input_width": TINY_SIZE, "pixel_range": "0..1"}
    (channel / "model_info.json").write_text(json.dumps(facts))
    # Two whose names are as long as each other.
    only = ["one thread", "two threads"]
    given = argparse.Namespace(
        photos=tiny_dataset.training, channel=channel, rounds=1, only=only, images=48
    )
    table = training_step.settings(given, tmp_path / "job")
    assert [name[:11] for name, *_ in table.rows] == ["one thread ", "two threads"]
    # A second training in the folder of a first would have no epoch to measure.
    assert all(float(speed.replace(",", "")) > 0 for _, speed, *_ in table.rows)


def test_engines_are_kept_with_what_their_rates_make_of_very_many_images():
    given = argparse.Namespace(named="a network", rounds=3)
    table = engines._report(given, {"one process": [2.1, 2.0, 1.9], "Ray": [2.5] * 3}, 100)
    # 100,000,000 / 50 / 3,600 hours.
    assert table.rows == [
        ("one process", "50.0", "180,000", "556"),
        ("Ray", "40.0", "144,000", "694"),
    ]
    assert "= 556 hours of one core" in engines._of_the_worker(0.02, 1280.4)


@pytest.mark.parametrize("taken", [[2.0, 2.0, 4.5], [2.0, -1.0, 2.0], [-2.0, -2.0, -2.0]])
def test_rounds_of_an_engine_that_are_far_apart_are_not_kept(taken):
    with pytest.raises(SystemExit, match="Ask for more --images"):
        engines._report(argparse.Namespace(named="a network", rounds=3), {"Ray": taken}, 100)
