"""`Remover.frames`: a film cut out, a frame at a time."""

from pathlib import Path

import numpy as np
import pytest

from brightness import Brightness
from made_films import LOSSLESS, square, squares, write_film
from u2net import remover as pipeline
from u2net.background import as_background
from u2net.options import Options
from u2net.remover import Remover


@pytest.fixture(autouse=True)
def _bright_is_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "load_engine", lambda *a, **o: Brightness())


def test_frames_come_in_order_at_their_times_with_the_object_alone(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.125, 0.16, 0.5, 0.52]
    path = write_film(tmp_path / "film.mp4", squares(6), times=times, coding=LOSSLESS)
    frames = list(Remover.of(Options(edges="off")).frames(path))
    assert [frame.number for frame in frames] == list(range(6))
    assert [frame.time for frame in frames] == pytest.approx(times)
    for frame, until in zip(frames, times[1:], strict=False):
        assert frame.time + frame.duration == pytest.approx(until)
    for number, frame in enumerate(frames):
        assert (frame.rgba.shape, frame.rgba.dtype) == ((64, 96, 4), np.uint8)
        assert (frame.alpha == frame.rgba[..., 3]).all()
        inside = frame.rgba[20:44, 12 + 2 * number : 36 + 2 * number]
        assert inside[..., 3].mean() > frame.alpha[:8].mean() + 50
        truth = square(number)[20:44, 12 + 2 * number : 36 + 2 * number].astype(int)
        assert np.abs(inside[..., :3] - truth).max() <= 2


def test_a_background_makes_frames_opaque(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", squares(2), coding=LOSSLESS)
    asked = Options(edges="off", background=as_background("#00ff00"))
    first, _ = Remover.of(asked).frames(path)
    assert (first.alpha == 255).all()
    assert first.rgba[2, 90, 1] > first.rgba[2, 90, [0, 2]].max()
