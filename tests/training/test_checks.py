import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import runs

from u2net.errors import TrainingError, U2NetError
from u2net.export import card_for
from u2net.network import LITE, U2Net, save_checkpoint
from u2net.training import run
from u2net.training.checks import alone, check_same, halvings
from u2net.training.recipe import Recipe
from u2net.training.run import fit


@pytest.fixture
def begun(quick: Recipe, pairs: Path, tmp_path: Path) -> Path:
    """The folder of a run of one step."""
    folder = tmp_path / "dogs"
    fit([str(pairs)], replace(quick, steps=1), folder)
    return folder


@pytest.mark.parametrize(
    "other", [{"network": "lite"}, {"rate": 0.5}, {"batch": 8}, {"optimiser": "adam"}]
)
def test_a_run_does_not_go_on_with_what_its_checkpoint_decides(
    other: dict[str, object], begun: Path, quick: Recipe, pairs: Path
) -> None:
    with pytest.raises(TrainingError, match=f"{next(iter(other))} was"):
        fit([str(pairs)], replace(quick, **other), begun, resume=True)  # type: ignore[arg-type]


def test_settings_that_are_new_are_told(
    quick: Recipe, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipe.json").write_text(quick.to_json())
    check_same(replace(quick, steps=99), tmp_path)
    assert "goes on with steps 99, which was 12" in capfd.readouterr().err


def test_a_checkpoint_carries_the_card_of_its_run(begun: Path) -> None:
    for place in (begun, begun / "checkpoints/last.ckpt"):
        card = card_for(place)
        assert (card.name, card.size_hw) == ("dogs", (32, 32))
        assert card.training_data == "ground truth of set"


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"batch": 1, "size": 4}, "batch norm"),
        ({"loss": {"bce": 1.0, "ssim": 1.0}, "size": 10}, "ssim"),
        ({"network": "init"}, "init=FILE"),
        ({"freeze": "encoders"}, "init=FILE"),
        ({"map_weights": (1.0, 1.0)}, "2 numbers for 4 maps"),
        ({"init": "missing.pth"}, "missing.pth"),
        ({"cache": "/dev/null/x"}, "cache=DIR"),
    ],
)
def test_what_cannot_begin_is_refused_in_one_line(
    other: dict[str, object], says: str, quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    with pytest.raises(U2NetError, match=says) as caught:
        fit([str(pairs)], replace(quick, **other), tmp_path / "run")  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_network_for_other_pictures_is_refused(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    file = tmp_path / "grey.safetensors"
    save_checkpoint(U2Net(LITE, inputs=1), file)
    with pytest.raises(TrainingError, match="takes 1 channels"):
        fit([str(pairs)], replace(quick, network="init", init=str(file)), tmp_path / "run")


def test_a_folder_that_holds_something_else_is_left_alone(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    (tmp_path / "metrics.csv").write_text("mine")
    with pytest.raises(TrainingError, match=r"holds metrics\.csv"):
        fit([str(pairs)], quick, tmp_path)
    assert (tmp_path / "metrics.csv").read_text() == "mine"


def test_a_run_that_another_process_began_meanwhile_is_not_trained_over(
    quick: Recipe, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = tmp_path / "run/checkpoints/last.ckpt"

    @contextmanager
    def held_after_another(folder: Path) -> Iterator[None]:
        with alone(folder):
            last.parent.mkdir()
            last.write_bytes(b"theirs")
            yield

    monkeypatch.setattr(run, "alone", held_after_another)
    with pytest.raises(TrainingError, match="another process trained in it just now"):
        fit([str(pairs)], quick, tmp_path / "run")
    assert last.read_bytes() == b"theirs"


def test_the_network_of_the_paper_halves_five_times() -> None:
    assert halvings(U2Net(LITE)) == 5


def test_training_on_the_held_out_pictures_is_told(
    quick: Recipe, pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fit([str(pairs)], replace(quick, steps=1, val=(str(pairs),)), tmp_path / "run")
    assert "8 of its 8 pictures are trained on too" in capfd.readouterr().err


def at_work(recipe: Recipe, pairs: Path, folder: Path) -> runs.Forked:
    """A process whose run in `folder` has made some steps of very many."""
    long = replace(recipe, steps=5000)
    process = runs.fork(runs.command(pairs, long, folder), folder.with_name("said"))
    runs.wait_for_step(folder, 4, process)
    return process


def said_beside_steps(process: runs.Forked) -> list[str]:
    """What the run told people, without its progress."""
    return [line for line in process.said().splitlines() if line and not line.startswith("step ")]


@pytest.mark.slow
def test_the_signal_to_end_reaches_a_run_and_its_workers_at_once(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    """As service managers and batch systems send it: to every process of a job."""
    process = at_work(replace(quick, workers=2), pairs, tmp_path / "run")
    os.killpg(process.process.pid or 0, signal.SIGTERM)
    assert process.wait() in (130, 143)
    assert said_beside_steps(process) in (["u2net: interrupted"], ["u2net: terminated"])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_worker_that_is_killed_is_one_line(quick: Recipe, pairs: Path, tmp_path: Path) -> None:
    process = at_work(replace(quick, workers=1), pairs, tmp_path / "run")
    (worker,) = children(process.process.pid or 0)
    os.kill(worker, signal.SIGKILL)
    assert process.wait() == 1
    (told,) = said_beside_steps(process)
    assert "was killed, perhaps for want of memory" in told


def children(pid: int) -> list[int]:
    """The processes that `pid` has started and that still are."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="started where Ctrl-C is ignored"
)
def test_ctrl_c_ends_with_130_one_line_and_a_run_to_resume(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    process = at_work(replace(quick, workers=1), pairs, folder)
    os.killpg(process.process.pid or 0, signal.SIGINT)
    assert process.wait() == 130
    assert said_beside_steps(process) == ["u2net: interrupted"]
    assert runs.state(folder)["global_step"] >= 3
