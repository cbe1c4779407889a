"""`u2net compare-blocks`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from u2net.cli.compare_blocks import command
from u2net.network import TINY, PlainSpec, U2NetSpec
from u2net.training.comparison import contenders, report
from u2net.training.comparison.trials import Spread, Trial, timed, trained

LEAST = U2NetSpec(encoders=(PlainSpec(2, 4),), decoders=())


@pytest.mark.slow
def test_one_command_makes_a_table_a_plot_and_a_document(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contenders, "networks", lambda outer: {"one": LEAST, "two": outer})
    words = ["--outer", "tiny", "--steps", "2", "--size", "32", "--batch", "2", "--seeds", "2"]
    words += ["--val", str(pairs), "--rounds", "1", "-o", str(tmp_path / "out"), "--json"]
    result = CliRunner().invoke(command, [str(pairs), *words], standalone_mode=False)
    assert result.exception is None
    found = json.loads(result.stdout)
    assert found == json.loads((tmp_path / "out/blocks.json").read_text())
    assert set(found["blocks"]) == set(contenders.KINDS)
    two = found["networks"]["two"]
    assert len(two["max_f"]) == len(two["mae"]) == 2
    assert two["step"] > 0 < two["inference"]
    assert (tmp_path / "out/blocks.png").stat().st_size > 0
    table = (tmp_path / "out/blocks.md").read_text()
    assert "| multiply-adds, 10⁹ | PLN |" in table
    assert "max F | MAE |" in table


def test_a_network_that_was_trained_is_not_trained_again(
    pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    trial = Trial(data=(str(pairs),), val=str(pairs), size=32, batch=2, steps=2, seeds=1)
    first = trained({"U²-Net (least)": LEAST}, trial, tmp_path, lambda line: None)
    capfd.readouterr()
    assert trained({"U²-Net (least)": LEAST}, trial, tmp_path, lambda line: None) == first
    assert "step 2" not in capfd.readouterr().err
    assert (tmp_path / "U2-Net-least.json").exists()


def test_networks_are_timed_in_turns() -> None:
    found = timed({"one": LEAST, "two": TINY}, size=16, batch=2, rounds=1)
    assert list(found) == ["one", "two"]
    assert all(one.step > 0 < one.inference for one in found.values())


def test_a_spread_is_the_mean_and_the_deviation_of_the_sample() -> None:
    assert str(Spread(values=(0.5, 0.7, 0.9))) == "0.700 ± 0.200"
    assert str(Spread(values=(0.5,))) == "0.500"
    assert report.row(["a", "b"], rule=1) == "| a | b |\n|---|---:|\n"
