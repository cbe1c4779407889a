"""Ranks on this machine, as torchrun starts them."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import onnxruntime
import pytest
import runs
from torch.distributed import TCPStore
from torch.distributed.elastic.utils.distributed import get_free_port

from u2net.errors import TrainingError
from u2net.training.ranks.torchrun import Ranks, start_number
from u2net.training.recipe import Recipe
from u2net.training.run import fit

STEPS = 26
ONE_NODE = ["--nproc-per-node", "2"]


@pytest.fixture
def recipe(smaller: Recipe) -> Recipe:
    """Batch 2 on two ranks is batch 4 on one; in float32 rounding alone parts such runs soon."""
    return replace(smaller, batch=2, steps=STEPS, checkpoint_every=5, clip=1.0, precision="fp64")


def children(process: runs.Forked) -> list[int]:
    """The processes that it started."""
    pid = process.process.pid
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def assert_whole(folder: Path) -> None:
    """The run has every step once, and a model."""
    steps = [row["step"] for row in runs.rows(folder)]
    assert steps == [str(step) for step in range(1, STEPS + 1)]
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    assert session.get_inputs()[0].shape[1] == 3


@pytest.mark.slow
def test_two_ranks_learn_as_one_with_twice_the_batch(
    recipe: Recipe, pairs: Path, tmp_path: Path
) -> None:
    done = runs.start_torchrun(ONE_NODE, runs.command(pairs, recipe, tmp_path / "two"))
    assert done.returncode == 0, done.stderr
    assert_whole(tmp_path / "two")
    fit([str(pairs)], replace(recipe, batch=4), tmp_path / "one")
    one, two = (runs.rows(tmp_path / name) for name in ("one", "two"))
    for alone, together in zip(one, two, strict=True):
        for column in ("loss", "l0", "l1", "l2"):
            assert float(alone[column]) == pytest.approx(float(together[column]), abs=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the ranks through /proc")
def test_ranks_are_killed_twice_and_the_run_ends(
    recipe: Recipe, pairs: Path, tmp_path: Path
) -> None:
    run = runs.command(pairs, recipe, tmp_path / "two")
    process = runs.fork_torchrun(ONE_NODE, run, tmp_path / "said")
    for step, victim in ((8, max), (17, min)):
        runs.wait_for_step(tmp_path / "two", step, process)
        os.kill(victim(children(process)), signal.SIGKILL)
    assert process.wait() == 0, process.said()
    assert_whole(tmp_path / "two")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the ranks through /proc")
def test_the_only_rank_of_a_node_is_killed_and_the_run_ends_on_both_nodes(
    recipe: Recipe, pairs: Path, tmp_path: Path
) -> None:
    where = ["--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{get_free_port()}"]
    ranks = ["--nnodes", "2", "--nproc-per-node", "1", *where]
    run = runs.command(pairs, recipe, tmp_path / "two")
    nodes = [runs.fork_torchrun(ranks, run, tmp_path / f"said {node}") for node in range(2)]
    runs.wait_for_step(tmp_path / "two", 12, nodes[0])
    os.kill(children(nodes[0])[0], signal.SIGKILL)
    for node in nodes:
        assert node.wait() == 0, node.said()
    assert_whole(tmp_path / "two")


@pytest.mark.slow
def test_a_restart_does_not_go_on_with_a_run_that_the_first_start_refused(
    recipe: Recipe, pairs: Path, tmp_path: Path
) -> None:
    last = tmp_path / "checkpoints/last.ckpt"
    last.parent.mkdir()
    last.write_bytes(b"of another run")
    ranks = ["--nproc-per-node", "1", "--max-restarts", "1"]
    run = runs.command(pairs, recipe, tmp_path)
    process = runs.fork_torchrun(ranks, run, tmp_path / "said")
    assert process.wait() != 0
    told = [line for line in process.said().splitlines() if line.startswith("u2net: ")]
    assert len(told) == 2
    assert all("holds a run; go on with --resume" in line for line in told)
    assert last.read_bytes() == b"of another run"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Makes this process one rank of so many, as torchrun does, with a store to meet in."""
    server = TCPStore("localhost", 0, is_master=True, wait_for_workers=False)

    def start(rank: int, ranks: int) -> None:
        said = {"RANK": rank, "WORLD_SIZE": ranks, "LOCAL_WORLD_SIZE": ranks}
        where = {"MASTER_ADDR": "localhost", "MASTER_PORT": server.port}
        torchruns = {"TORCHELASTIC_RUN_ID": "none", "TORCHELASTIC_USE_AGENT_STORE": True}
        for name, value in {**said, **where, **torchruns}.items():
            monkeypatch.setenv(name, str(value))

    monkeypatch.setattr("u2net.training.ranks.torchrun.WAIT", timedelta(seconds=1))
    return start


def test_one_rank_knows_at_a_restart_whether_it_began(
    started: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    started(0, 1)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    ranks = Ranks.of_this_run()
    assert not ranks.restarted
    ranks.begin()
    assert Ranks.of_this_run().restarted


@pytest.mark.parametrize(
    ("rank", "says"), [(0, "rank 1 of 2 did not come"), (1, "rank 1 did not meet the others")]
)
def test_a_rank_gives_up_waiting_for_one_that_does_not_come(
    started: Callable[[int, int], None], rank: int, says: str
) -> None:
    started(rank, 2)
    with pytest.raises(TrainingError, match=says):
        Ranks.of_this_run()


def test_a_rank_says_that_nobody_is_where_they_meet(
    started: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    started(1, 2)
    monkeypatch.setenv("MASTER_PORT", str(get_free_port()))
    with pytest.raises(TrainingError, match=r"rank 1 did not meet the others: .* start all ranks"):
        Ranks.of_this_run()


@pytest.mark.parametrize("name", ["WORLD_SIZE", "SLURM_NTASKS"])
def test_ranks_that_torchrun_did_not_start_are_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "2")
    with pytest.raises(TrainingError, match=f"{name} is 2, .* start ranks with torchrun"):
        Ranks.of_this_run()


def test_torchrun_works_inside_a_slurm_job(
    started: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    started(0, 1)
    monkeypatch.setenv("SLURM_NTASKS", "2")
    assert Ranks.of_this_run().all == 1


def test_one_process_trains_inside_a_slurm_job(
    recipe: Recipe, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_NTASKS", "1")
    monkeypatch.setenv("SLURM_JOB_NAME", "train")
    assert fit([str(pairs)], replace(recipe, steps=2), tmp_path / "run")


def test_what_dead_ranks_left_in_the_store_is_no_answer() -> None:
    server = TCPStore("localhost", 0, is_master=True, wait_for_workers=False)

    def number(rank: int) -> int:
        store = TCPStore("localhost", server.port, timeout=timedelta(seconds=600))
        return start_number(store, rank, 3)

    server.set("u2net/rank/1", "dead")
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(number, 0)
        server.wait(["dead"], timedelta(seconds=600))  # rank 0 has answered the dead one
        assert list(pool.map(number, (1, 2))) == [1, 1]
        assert first.result() == 1
        assert list(pool.map(number, (2, 1, 0))) == [2, 2, 2]
