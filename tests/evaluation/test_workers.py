"""Work over processes: same outcomes in the same order, failures as values."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from u2net.errors import EvaluationError
from u2net.evaluation import workers
from u2net.evaluation.workers import FEW, Outcome, Task, outcomes, processes


@pytest.fixture
def tasks(tmp_path):
    """Enough small pictures for processes to be used; the third has no map, the fifth no file."""
    rng = np.random.default_rng(3)
    Image.fromarray(rng.random((12, 16)) < 0.5).save(tmp_path / "truth.png")
    made = [
        Task(stem=str(n), map=rng.random((12, 16)), truth=tmp_path / "truth.png")
        for n in range(FEW + 3)
    ]
    made[2] = Outcome(stem="2", reason="no map")
    made[4] = Task(stem="4", map=tmp_path / "lost.png", truth=tmp_path / "truth.png")
    return made


def test_processes_give_what_one_process_gives(tasks):
    with processes(2) as pool:
        alone, together = list(outcomes(tasks, pool, 1)), list(outcomes(tasks, pool, 2))
    assert [o.stem for o in together] == [t.stem for t in tasks]
    assert [o.reason for o in together] == [o.reason for o in alone]
    assert "lost.png: no such file" in together[4].reason
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.vector, other.vector)


def test_what_waits_is_bounded(tasks):
    taken = 0

    def counted():
        nonlocal taken
        for task in tasks * 4:
            taken += 1
            yield task

    with processes(1) as pool:
        found = outcomes(counted(), pool, 2)
        next(found)
        assert taken <= (2 * 2 + 2) * workers.CHUNK
        found.close()


def killed(made):
    import os

    os.kill(os.getpid(), 9)


def test_a_process_that_dies_is_an_error_and_no_hang(tasks, monkeypatch):
    monkeypatch.setattr(workers, "outcomes_of", killed)
    with processes(1) as pool, pytest.raises(EvaluationError, match="was killed"):
        list(outcomes(tasks, pool, 2))


@pytest.mark.skipif(sys.platform != "linux", reason="children are counted in /proc")
def test_processes_end_with_the_command_that_started_them(tmp_path):
    """Ended by SIGTERM, as `timeout` and containers do; what lives on would hold the pipe open."""
    for part in ("maps", "gt"):
        (tmp_path / part).mkdir()
        plane = np.zeros((2000, 3000), np.uint8)
        plane[500:900, 700:1900] = 255
        Image.fromarray(plane).save(tmp_path / part / "0.png")
        for number in range(1, 400):
            (tmp_path / part / f"{number}.png").hardlink_to(tmp_path / part / "0.png")
    words = ["evaluate", "--pred", "maps", "--gt", "gt", "--jobs", "2"]
    command = [sys.executable, "-m", "u2net", *words]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=-2) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while len(children.read_text().split()) < 3:  # two that score, and one that tidies up
            assert process.poll() is None
            time.sleep(0.05)
        process.terminate()
        process.communicate(timeout=600)
    assert process.returncode == -signal.SIGTERM
