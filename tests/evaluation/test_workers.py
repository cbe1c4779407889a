"""Work over processes: same outcomes in the same order, failures as values."""

import numpy as np
import pytest
from PIL import Image

from u2net.errors import EvaluationError
from u2net.evaluation import workers
from u2net.evaluation.score import Outcome
from u2net.evaluation.workers import FEW, Task, processes, score


@pytest.fixture
def tasks(tmp_path):
    """Enough small pictures for processes to be used; the third has no map, the fifth no file."""
    rng = np.random.default_rng(3)
    Image.fromarray(rng.random((12, 16)) < 0.5).save(tmp_path / "truth.png")
    works = [
        Task(stem=str(n), map=rng.random((12, 16)), truth=tmp_path / "truth.png")
        for n in range(FEW + 3)
    ]
    works[2] = Outcome(stem="2", reason="no map")
    works[4] = Task(stem="4", map=tmp_path / "lost.png", truth=tmp_path / "truth.png")
    return works


def test_processes_give_what_one_process_gives(tasks):
    with processes(2) as pool:
        alone, together = list(score(tasks, pool, 1)), list(score(tasks, pool, 2))
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
        outcomes = score(counted(), pool, 2)
        next(outcomes)
        assert taken <= (2 * 2 + 2) * workers.CHUNK
        outcomes.close()


def killed(works):
    import os

    os.kill(os.getpid(), 9)


def test_a_process_that_dies_is_an_error_and_no_hang(tasks, monkeypatch):
    monkeypatch.setattr(workers, "score_all", killed)
    with processes(1) as pool, pytest.raises(EvaluationError, match="was killed"):
        list(score(tasks, pool, 2))
