"""Frames -> films that hold them: alpha, times, sound, and nothing half-written."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from made_films import Coding, square, squares, with_subtitles, write_film
from u2net.errors import OutputError, OutputExistsError, UnfitImageError
from u2net.films import FilmWriter
from u2net.films.bleed import bled
from u2net.films.read import open_film
from u2net.films.sequence import PictureSequence


def cutout(number: int, size_hw: tuple[int, int] = (64, 96)) -> Any:
    """RGBA: the square alone."""
    rgb = square(number, size_hw)
    alpha = np.where(rgb[..., 0] > 200, 255, 0).astype(np.uint8)
    return np.dstack([rgb * (alpha > 0)[..., None], alpha])


@pytest.mark.parametrize("suffix", [".webm", ".mov"])
def test_a_film_holds_alpha_colours_and_times(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    times = [0.0, 0.05, 0.2, 0.24, 0.3]
    with FilmWriter(path, time_base=Fraction(1, 1000)) as writer:
        for number, time in enumerate(times):
            writer.add(cutout(number), time)
    with open_film(path) as film:
        shots = list(film.shots)
    assert [shot.time for shot in shots] == pytest.approx(times)
    for number, shot in enumerate(shots):
        truth = cutout(number)
        assert shot.photo.alpha is not None
        assert np.abs(shot.photo.alpha.astype(int) - truth[..., 3]).mean() < 2
        inside = truth[..., 3] > 0
        assert np.abs(shot.photo.rgb.astype(int) - truth[..., :3])[inside].mean() < 6


@pytest.mark.parametrize("suffix", [".apng", ".png", ".webp"])
@pytest.mark.parametrize("make", [cutout, square, lambda number: square(number)[..., 0]])
def test_an_animated_picture_keeps_pixels_and_times(
    tmp_path: Path, suffix: str, make: Callable[[int], NDArray[np.uint8]]
) -> None:
    path = tmp_path / f"film{suffix}"
    times, ends = [0.0, 0.05, 0.2, 0.24, 0.3], [0.05, 0.2, 0.24, 0.3, 0.42]
    with FilmWriter(path, time_base=Fraction(1, 1000)) as writer:
        for number, (time, end) in enumerate(zip(times, ends, strict=True)):
            writer.add(make(number), time, end - time)
    with open_film(path) as film:
        found = list(film.shots)
    assert [shot.time for shot in found] == pytest.approx(times)
    assert [shot.time + shot.duration for shot in found] == pytest.approx(ends)
    worst = 0 if suffix != ".webp" else 3
    for number, shot in enumerate(found):
        made = make(number)
        if made.ndim == 2:
            made = np.dstack([made] * 3)
        if made.shape[2] == 4:
            assert shot.photo.alpha is not None
            assert (shot.photo.alpha == made[..., 3]).all()
            inside = made[..., 3] > 0
            off = np.abs(shot.photo.rgb.astype(int) - made[..., :3])[inside]
        else:
            off = np.abs(shot.photo.rgb.astype(int) - made)
        assert off.mean() <= worst
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".webm", ".mov", ".mp4", ".png", ".webp"])
@pytest.mark.parametrize("rate", [10, 25])
def test_the_last_frame_is_shown_as_long_as_it_was_said(
    tmp_path: Path, suffix: str, rate: int
) -> None:
    path = tmp_path / f"film{suffix}"
    with FilmWriter(path, rate=rate) as writer:
        for number in range(6):
            writer.add(square(number), number / rate, 3.0 if number == 5 else 1 / rate)
    with open_film(path) as film:
        found = list(film.shots)
    assert [shot.time for shot in found] == pytest.approx([n / rate for n in range(6)])
    ends = [shot.time + shot.duration for shot in found]
    assert ends == pytest.approx([*(n / rate for n in range(1, 6)), 5 / rate + 3])


@pytest.mark.parametrize("suffix", [".png", ".webp"])
@pytest.mark.parametrize("make", [cutout, square])
@pytest.mark.parametrize("seen", [[0, 1, 2, 2, 2, 2, 2], [0, 0, 0, 1, 1, 2], [3] * 5])
def test_an_animated_picture_in_which_nothing_changes_for_a_while_lasts_as_long(
    tmp_path: Path, suffix: str, make: Callable[[int], NDArray[np.uint8]], seen: list[int]
) -> None:
    path = tmp_path / f"film{suffix}"
    with FilmWriter(path) as writer:
        for number, one in enumerate(seen):
            writer.add(make(one), number / 25)
    with open_film(path) as film:
        found = list(film.shots)
    assert found[-1].time + found[-1].duration == pytest.approx(len(seen) / 25)
    for shot in found:
        truth = make(seen[round(shot.time * 25)])
        assert np.abs(shot.photo.rgb.astype(int) - truth[..., :3])[16:48, 20:30].mean() <= 3
        assert (shot.photo.alpha is None) == (truth.shape[2] == 3)


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_half_transparent_pixels_keep_their_colours(tmp_path: Path, suffix: str) -> None:
    soft = cutout(0)
    soft[16:48, 8:40, 3] = np.linspace(8, 255, 32).astype(np.uint8)
    with FilmWriter(tmp_path / f"film{suffix}") as writer:
        writer.add(soft, 0)
        writer.add(cutout(3), 0.04)
    with open_film(tmp_path / f"film{suffix}") as film:
        photo = next(film.shots).photo
    assert (photo.alpha == soft[..., 3]).all()
    inside = soft[..., 3] > 0
    assert np.abs(photo.rgb.astype(int) - soft[..., :3])[inside].mean() <= 3


def test_nothing_of_the_background_is_put_under_what_is_transparent() -> None:
    rgba = cutout(0)
    rgba[..., :3] = np.where(rgba[..., 3:] > 0, rgba[..., :3], (0, 0, 255))
    filled = bled(rgba)
    assert (filled[..., 3] == rgba[..., 3]).all()
    hidden = filled[rgba[..., 3] == 0]
    assert hidden[:, 2].max() <= 60 + 1  # the blue of the object, not of what was behind it
    assert np.abs(filled[16:48, 7, :3].astype(int) - (230, 200, 60)).max() <= 2


def test_colours_go_on_a_little_beyond_the_edge_and_no_further() -> None:
    rgba = np.full((96, 128, 4), (0, 0, 255, 0), np.uint8)
    rgba[40:56, 48:80] = (230, 200, 60, 255)
    rgba[40:56, 48] = (230, 200, 60, 20)
    filled = bled(rgba)
    seen = rgba[..., 3] > 0
    assert (filled[seen] == rgba[seen]).all()
    assert (filled[..., 3] == rgba[..., 3]).all()
    away = cv2.distanceTransform((~seen).astype(np.uint8), cv2.DIST_C, 3)
    colour = np.array((230, 200, 60))
    assert np.abs(filled[(away > 0) & (away <= 4)][:, :3] - colour).max() <= 8
    # Further out they fade, and are still of the object alone.
    near = filled[(away > 0) & (away <= 8)][:, :3]
    assert np.abs(near - near[:, :1] / 230 * colour).max() <= 3
    assert near[:, 0].min() > 230 / 5
    assert not filled[away > 32].any()
    assert not bled(np.full((64, 96, 4), (9, 9, 9, 0), np.uint8)).any()


def test_mp4_is_opaque_and_says_so_before_anything_is_written(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="no transparency"),
        FilmWriter(tmp_path / "film.mp4") as writer,
    ):
        writer.add(cutout(0), 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size_hw", [(63, 95), (64, 95), (17, 16)])
def test_odd_sizes_fit_in_every_format(tmp_path: Path, size_hw: tuple[int, int]) -> None:
    for suffix, pixels in ((".mp4", square(0, size_hw)), (".webm", cutout(0, size_hw))):
        with FilmWriter(tmp_path / f"film{suffix}") as writer:
            writer.add(pixels, 0)
        with open_film(tmp_path / f"film{suffix}") as film:
            height, width = film.size_hw
        assert {height - size_hw[0], width - size_hw[1]} <= {0, 1}


def test_an_mp4_can_be_played_before_all_of_it_has_come(tmp_path: Path) -> None:
    write(FilmWriter(tmp_path / "film.mp4"), square(0), then=lambda: None)
    data = (tmp_path / "film.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_greys_keep_their_levels(tmp_path: Path) -> None:
    grey = np.repeat(np.arange(0, 256, 32, dtype=np.uint8), 16)[None].repeat(64, axis=0)
    with FilmWriter(tmp_path / "film.mp4") as writer:
        writer.add(grey, 0)
    with open_film(tmp_path / "film.mp4") as film:
        rgb = next(film.shots).photo.rgb
    assert np.abs(rgb.astype(int) - grey[..., None])[:, 8::16].max() <= 2


def sound_of(path: Path) -> tuple[list[bytes], list[float]]:
    import av

    with av.open(str(path)) as container:
        packets = [one for one in container.demux(audio=0) if one.size]
        return [bytes(one) for one in packets], [float(one.pts * one.time_base) for one in packets]


@pytest.mark.parametrize(
    ("source", "sound", "target"),
    [("a.mp4", "aac", "b.mp4"), ("a.mp4", "aac", "b.mov"), ("a.webm", "libopus", "b.webm")],
)
def test_sound_is_copied_bit_by_bit(tmp_path: Path, source: str, sound: str, target: str) -> None:
    coding = Coding(codec="libvpx-vp9") if source.endswith("webm") else Coding()
    write_film(tmp_path / source, squares(20), coding=coding, sound=sound)
    with FilmWriter(tmp_path / target, sound_of=tmp_path / source) as writer:
        for number, rgb in enumerate(squares(20)):
            writer.add(rgb, number / 25)
    assert not writer.remarks
    before, after = sound_of(tmp_path / source), sound_of(tmp_path / target)
    assert before[0] == after[0]
    # All times may be moved by what an encoder put before the start.
    moved = np.subtract(after[1], before[1])
    assert np.ptp(moved) < 0.002


def heard(path: Path) -> NDArray[Any]:
    import av

    with av.open(str(path)) as container:
        return np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)[0]


def test_sound_that_does_not_fit_is_made_anew_and_that_is_said(tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", squares(25), sound="aac")
    with FilmWriter(tmp_path / "b.webm", sound_of=tmp_path / "a.mp4") as writer:
        for number, rgb in enumerate(squares(25)):
            writer.add(rgb, number / 25)
    assert writer.remarks == ["sound made opus, for aac does not fit"]
    wave = heard(tmp_path / "b.webm")
    assert len(wave) == pytest.approx(48_000, abs=3_000)
    spectrum = np.abs(np.fft.rfft(wave[:48_000]))
    assert spectrum.argmax() * 48_000 / min(len(wave), 48_000) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("source", "sound", "layout", "targets"),
    [
        ("a.mkv", "ac3", "5.1(side)", {"webm": "opus 5.1", "mov": "", "mp4": ""}),
        ("a.mkv", "eac3", "5.1(side)", {"webm": "opus 5.1", "mov": "", "mp4": ""}),
        ("a.mkv", "flac", "5.1(side)", {"webm": "opus 5.1", "mov": "aac 5.1", "mp4": ""}),
        ("a.mkv", "libopus", "stereo", {"webm": "", "mov": "aac stereo", "mp4": ""}),
        ("a.avi", "adpcm_ms", "mono", {"mov": "aac mono", "mp4": "aac mono"}),
        ("a.mkv", "pcm_s16le", "stereo", {"mov": "", "mp4": "aac stereo"}),
    ],
)
def test_sound_of_every_kind_is_kept_or_made_anew(
    tmp_path: Path, source: str, sound: str, layout: str, targets: dict[str, str]
) -> None:
    import av

    path = write_film(tmp_path / source, squares(12), sound=sound, layout=layout)
    for suffix, anew in targets.items():
        with FilmWriter(tmp_path / f"b.{suffix}", sound_of=path) as writer:
            for number, rgb in enumerate(squares(12)):
                writer.add(rgb, number / 25)
        assert [remark.split(",")[0] for remark in writer.remarks] == [
            f"sound made {codec}" for codec in anew.split()[:1]
        ]
        with av.open(str(tmp_path / f"b.{suffix}")) as container:
            (stream,) = container.streams.audio
            length = sum(frame.samples for frame in container.decode(audio=0)) / stream.rate
            assert length == pytest.approx(0.48, abs=0.06)
            assert anew == "" or f"{stream.codec_context.name} {stream.layout.name}" == anew


def subtitles_of(path: Path) -> list[tuple[bytes, float]]:
    import av

    with av.open(str(path)) as container:
        if not container.streams.subtitles:
            return []
        packets = container.demux(subtitles=0)
        # MP4 fills the time between two lines with empty ones.
        return [(bytes(one), float(one.pts * one.time_base)) for one in packets if one.size > 2]


@pytest.mark.parametrize(
    ("source", "codec", "targets"),
    [
        ("a.mp4", "mov_text", {"b.mp4", "b.mov"}),
        ("a.mkv", "subrip", set()),
        ("a.mkv", "ass", set()),
        ("a.mkv", "webvtt", {"b.webm"}),
    ],
)
def test_subtitles_are_copied_where_they_fit_and_named_where_not(
    tmp_path: Path, source: str, codec: str, targets: set[str]
) -> None:
    path = with_subtitles(tmp_path / source, squares(50), codec)
    for name in ("b.mp4", "b.mov", "b.webm", "b.png"):
        with FilmWriter(tmp_path / name, sound_of=path) as writer:
            for number, rgb in enumerate(squares(50)):
                writer.add(rgb, number / 25)
        if name in targets:
            assert writer.remarks == []
            assert subtitles_of(tmp_path / name) == subtitles_of(path)
        else:
            assert writer.remarks == [f"subtitles left out ({codec}, deu): does not fit"]


def write(
    writer: FilmWriter | PictureSequence, *frames: NDArray[np.uint8], then: Callable[[], object]
) -> None:
    with writer:
        for number, pixels in enumerate(frames):
            writer.add(pixels, number / 25, 0.04)
        then()


def fail() -> None:
    raise RuntimeError("midst")


def test_what_goes_wrong_leaves_the_old_film(tmp_path: Path) -> None:
    path = tmp_path / "film.webm"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="midst"):
        write(FilmWriter(path), square(0), then=fail)
    with pytest.raises(OutputError, match="shape"):
        write(FilmWriter(path), square(0), square(0, (64, 98)), then=fail)
    with pytest.raises(OutputError, match="no frames"):
        write(FilmWriter(path), then=lambda: None)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (np.zeros((64, 96, 3)), "uint8 array"),
        (np.zeros((0, 96, 3), np.uint8), "uint8 array"),
        (np.zeros((64, 96, 2), np.uint8), "uint8 array"),
        (np.zeros(96, np.uint8), "uint8 array"),
    ],
)
@pytest.mark.parametrize("suffix", [".webm", ".png"])
def test_what_is_no_frame_is_one_line_and_no_film(
    tmp_path: Path, suffix: str, pixels: Any, told: str
) -> None:
    with pytest.raises(UnfitImageError, match=told) as failed:
        write(FilmWriter(tmp_path / f"film{suffix}"), pixels, then=fail)
    assert "\n" not in str(failed.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rate", [0, -25, Fraction(0), float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(tmp_path: Path, rate: float) -> None:
    with pytest.raises(OutputError, match="no rate"):
        FilmWriter(tmp_path / "film.webm", rate=rate)


@pytest.mark.parametrize("time", [-1.0, 0.02, float("nan"), float("inf")])
def test_times_only_go_on(tmp_path: Path, time: float) -> None:
    with FilmWriter(tmp_path / "film.webm") as writer:
        writer.add(square(0), 0.04)
        with pytest.raises(OutputError, match="times only go on"):
            writer.add(square(1), time)


def test_a_rate_may_be_a_broken_number(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "film.mp4", rate=29.97) as writer:
        for number in range(5):
            writer.add(square(number)[..., :1], number / 29.97)
    with open_film(tmp_path / "film.mp4") as film:
        assert float(film.rate) == pytest.approx(29.97, abs=0.01)


def test_a_film_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "film.webm"
    with pytest.raises(OutputExistsError):
        write(FilmWriter(path, replace=False), square(0), then=lambda: path.write_text("new"))
    assert path.read_text() == "new"


def test_a_sequence_appears_whole_and_keeps_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    with pytest.raises(RuntimeError, match="midst"):
        write(PictureSequence(folder), cutout(0), then=fail)
    assert not list(tmp_path.iterdir())
    write(PictureSequence(folder), *map(cutout, range(3)), then=lambda: None)
    names = ["000000.png", "000001.png", "000002.png", "frames.ffconcat"]
    assert sorted(one.name for one in folder.iterdir()) == names
    with pytest.raises(OutputExistsError):
        write(PictureSequence(folder), cutout(0), then=fail)
