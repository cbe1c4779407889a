"""`u2net bench`, run on a small photo."""

import json

from click.testing import CliRunner

from u2net.cli.bench import command
from u2net.machine.bench import Timing, in_turns, scaled
from u2net.pictures.source import photo_of


def test_every_engine_and_every_step_is_timed(small_model):
    words = ["--model", str(small_model), "--rounds", "1", "--megapixels", "0.05", "--json"]
    result = CliRunner().invoke(command, words, standalone_mode=False)
    assert result.return_value == 0
    found = json.loads(result.stdout)
    assert {"onnxruntime:cpu fp32", "openvino:cpu fp32"} <= found["network"].keys()
    names = ["decode", "prepare", "network", "mask", "edges", "colours", "encode", "all"]
    assert list(found["megapixels"]["0.05"]) == names
    assert all(step["median"] > 0 for step in found["megapixels"]["0.05"].values())


def test_things_take_turns_and_the_first_round_is_not_counted():
    order = []
    things = {name: lambda name=name: order.append(name) for name in "ab"}
    timings = in_turns(things, 2)
    assert order == list("ababab")
    assert [timing.name for timing in timings] == ["a", "b"]


def test_a_ratio_says_how_many_times_faster():
    slow, fast = (Timing(name="", seconds=s, best=s) for s in (3.0, 1.5))
    assert fast.ratio(slow) == 2


def test_a_photo_is_scaled_to_the_megapixels_asked_for():
    from u2net.machine.bench import PHOTO

    height, width = scaled(photo_of(PHOTO).rgb, 0.5).shape[:2]
    assert abs(height * width - 500_000) < 2_000
