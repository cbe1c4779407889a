"""A film that plays behind another: the frame of the moment, again and again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_films import LOSSLESS, square, squares, write_film
from u2net.background import Scene
from u2net.cutout import Cutout, Layers, Picture
from u2net.errors import FilmError
from u2net.films.frames import frames_of
from u2net.films.options import FilmOptions
from u2net.films.playing import playing
from u2net.films.read import open_film
from u2net.options import Options
from u2net.pictures.photo import Photo
from u2net.remover import Remover

LEVELS = (20, 80, 140, 200)


def greys(path: Path, *, times: list[float] | None = None) -> Path:
    """A film of one grey after the other, half as wide as high."""
    frames = [np.full((64, 32, 3), level, np.uint8) for level in LEVELS]
    return write_film(path, frames, times=times, coding=LOSSLESS)


def shown(path: Path, times: list[float]) -> list[int]:
    """The level that it shows at each of the times."""
    found = []
    with playing(path) as at:
        for time in times:
            scene = at(time)
            assert isinstance(scene, Scene)
            found.append(int(min(LEVELS, key=lambda one: abs(one - scene.picture.rgb.mean()))))
    return found


def test_what_is_shown_is_the_frame_of_the_time(tmp_path: Path) -> None:
    path = greys(tmp_path / "behind.mp4", times=[0.0, 0.1, 0.2, 0.5])
    assert shown(path, [0, 0.05, 0.1, 0.19, 0.2, 0.49, 0.5]) == [20, 20, 80, 80, 140, 140, 200]


def test_a_faster_film_leaves_frames_out(tmp_path: Path) -> None:
    path = greys(tmp_path / "behind.mp4")  # 25 frames a second
    assert shown(path, [0, 0.08, 0.12]) == [20, 140, 200]


def test_a_shorter_film_plays_again_and_again(tmp_path: Path) -> None:
    path = greys(tmp_path / "behind.mp4")
    assert shown(path, [n * 0.04 for n in range(10)]) == [*LEVELS, *LEVELS, *LEVELS[:2]]
    assert shown(path, [1.0]) == [LEVELS[25 % 4]]


class Left:
    """A line whose object is the left half."""

    map_hw = 16, 16

    def saliency(self, photos: Any) -> Any:
        return np.repeat([[1, 0]], 8, axis=1)[None].repeat(16, axis=1).astype(np.float32)

    def picture_of(self, photo: Photo, saliency: Any = None, background: Any = None) -> Picture:
        alpha = np.zeros(photo.size_hw, np.uint8)
        return Picture(pixels=background.behind(photo, Cutout(pixels=Layers(photo.rgb, alpha))))


def test_it_fills_each_frame_as_a_picture_would(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mp4", squares(6))
    options = FilmOptions(background=greys(tmp_path / "behind.mp4"))
    with open_film(tmp_path / "film.mp4") as film:
        frames = list(frames_of(film.shots, Left(), jobs=2, options=options))
    levels = [frame.picture.pixels[:] for frame in frames]
    assert {pixels.shape for pixels in levels} == {(64, 96, 3)}
    assert [round(float(pixels.mean())) for pixels in levels] == pytest.approx(
        [*LEVELS, *LEVELS[:2]], abs=2
    )


def test_masks_have_none(tmp_path: Path) -> None:
    path = greys(tmp_path / "behind.mp4")
    with pytest.raises(ValueError, match="mask has no background"):
        next(iter(Remover.of(Options(mask=True)).frames(path, background=path)))


def test_a_damaged_one_fails_before_any_work(tmp_path: Path) -> None:
    path = write_film(tmp_path / "behind.mp4", [square(0)])
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FilmError, match=r"behind\.mp4"), playing(path):
        pass
