"""Films as files -> upright pictures in the right colours, at the right times."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from made_films import (
    LOSSLESS,
    RATE,
    Coding,
    one_after_another,
    square,
    squares,
    tone,
    turned,
    write_film,
)
from made_pictures import encoded, photo
from u2net.errors import FilmError, ImageTooLargeError
from u2net.films import decode, riff
from u2net.films.colours import photo_of
from u2net.films.gamut import narrowed
from u2net.films.read import open_film
from u2net.films.shape import Shape
from u2net.films.shots import Film, Shot
from u2net.pictures.limits import Limits


def shots(path: Path) -> list[Shot]:
    with open_film(path) as film:
        return list(film.shots)


@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("matrix", [1, 5, 6, 9])
@pytest.mark.parametrize("pixels", ["yuv444p", "yuv420p", "yuv444p10le"])
def test_colours_come_out_whatever_matrix_and_range_they_are_coded_in(
    tmp_path: Path, matrix: int, is_full: bool, pixels: str
) -> None:
    coding = Coding(pixels=pixels, matrix=matrix, is_full=is_full)
    (shot,) = shots(write_film(tmp_path / "film.mp4", [square(0)], coding=coding))
    seen, truth = shot.photo.rgb.astype(int), square(0).astype(int)
    assert np.abs(seen - truth)[4:12, 4:90].max() <= 2
    assert np.abs(seen - truth)[22:42, 14:34].max() <= 2


def test_a_matrix_that_is_not_named_is_that_of_its_time(tmp_path: Path) -> None:
    coding = Coding(pixels="yuv444p", matrix=2)
    (shot,) = shots(write_film(tmp_path / "film.mp4", [square(0)], coding=coding))
    assert np.abs(shot.photo.rgb.astype(int) - square(0)).max() <= 2


@pytest.mark.parametrize("colour", [(200, 60, 30), (20, 180, 90), (90, 90, 90), (255, 255, 255)])
def test_wide_colours_become_those_of_bt_709(colour: tuple[int, int, int]) -> None:
    # ITU-R BT.2087-0 gives the way to BT.2020, in linear light.
    to_2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    level = np.array(colour) / 255
    light = np.where(level < 0.081, level / 4.5, ((level + 0.099) / 1.099) ** (1 / 0.45))
    wide = np.array(to_2020) @ light
    levels = np.where(wide < 0.018, 4.5 * wide, 1.099 * wide**0.45 - 0.099)
    rgb = np.rint(255 * levels).astype(np.uint8)[None, None]
    assert np.abs(narrowed(rgb, 9)[0, 0].astype(int) - colour).max() <= 2


@pytest.mark.parametrize("pixels", ["rgb565le", "rgb555le", "rgb24", "gray", "bgra", "yuv420p10le"])
def test_white_and_black_stay_so_in_frames_of_every_kind(pixels: str) -> None:
    import av

    rgb = np.zeros((16, 32, 3), np.uint8)
    rgb[:, 16:] = 255
    frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format=pixels)
    photo = photo_of(frame, Shape(32, 16, mirrored=False, turns=0))
    assert (photo.rgb[:, :12].max(), photo.rgb[:, 20:].min(), photo.alpha) == (0, 255, None)


def test_a_film_of_a_telephone_stands_upright(tmp_path: Path) -> None:
    path = turned(write_film(tmp_path / "film.mp4", squares(3), coding=LOSSLESS))
    with open_film(path) as film:
        assert film.size_hw == (96, 64)
        for number, shot in enumerate(film.shots):
            truth = np.rot90(square(number), -1).astype(int)
            assert np.abs(shot.photo.rgb - truth).max() <= 2


@pytest.mark.parametrize(
    ("matrix", "seen"),
    [
        ((1, 0, 0, 1), lambda rgb: rgb),
        ((-1, 0, 0, -1), lambda rgb: rgb[::-1, ::-1]),
        ((0, -1, 1, 0), lambda rgb: np.rot90(rgb)),
        ((-1, 0, 0, 1), np.fliplr),
        ((1, 0, 0, -1), np.flipud),
        ((0, 1, 1, 0), lambda rgb: rgb.swapaxes(0, 1)),
        ((0, -1, -1, 0), lambda rgb: np.rot90(rgb, 2).swapaxes(0, 1)),
    ],
)
def test_a_film_is_seen_as_players_turn_and_mirror_it(
    tmp_path: Path,
    matrix: tuple[int, int, int, int],
    seen: Callable[[NDArray[Any]], NDArray[Any]],
) -> None:
    path = turned(write_film(tmp_path / "film.mp4", [square(0)], coding=LOSSLESS), matrix)
    (shot,) = shots(path)
    assert np.abs(shot.photo.rgb - seen(square(0)).astype(int)).max() <= 2


def test_interlaced_frames_become_whole(tmp_path: Path) -> None:
    coding = LOSSLESS._replace(interlaced=True)
    found = shots(write_film(tmp_path / "film.mp4", woven(6), coding=coding))
    assert [shot.time for shot in found] == pytest.approx([n / RATE for n in range(6)])
    lefts = []
    for shot in found:
        (left,) = {int((shot.photo.rgb[line, :, 0] > 128).argmax()) for line in range(20, 44)}
        lefts.append(left)
    assert set(np.diff(lefts)) == {4}


def woven(count: int) -> list[NDArray[np.uint8]]:
    """The lower field is of a moment later: every second line is two pixels further."""
    frames = [square(2 * number) for number in range(count)]
    for number, rgb in enumerate(frames):
        rgb[1::2] = square(2 * number + 1)[1::2]
    return frames


def test_interlaced_frames_become_whole_wherever_they_begin(tmp_path: Path) -> None:
    interlaced = LOSSLESS._replace(interlaced=True)
    parts = [
        write_film(tmp_path / "whole.ts", squares(3), coding=LOSSLESS),
        write_film(tmp_path / "woven.ts", woven(6), coding=interlaced),
        write_film(tmp_path / "again.ts", squares(3), coding=LOSSLESS),
    ]
    found = shots(one_after_another(tmp_path / "film.ts", parts))
    assert [shot.time for shot in found] == pytest.approx([n / RATE for n in range(12)])
    for number, shot in enumerate(found):
        # Where a field was, all lines are as far.
        assert len({int((line > 128).argmax()) for line in shot.photo.rgb[20:44, :, 0]}) == 1
        if number not in range(3, 9):
            assert np.abs(shot.photo.rgb - square(number % 9).astype(int)).max() <= 2


@pytest.mark.parametrize("is_interlaced", [False, True])
def test_a_film_keeps_the_size_that_it_begins_with(tmp_path: Path, is_interlaced: bool) -> None:
    coding = LOSSLESS._replace(interlaced=is_interlaced)
    small = [square(0)[:48, :80] for _ in range(3)]
    parts = [
        write_film(tmp_path / "a.ts", squares(3), coding=coding),
        write_film(tmp_path / "b.ts", small, coding=coding),
    ]
    found = shots(one_after_another(tmp_path / "film.ts", parts))
    assert [shot.photo.size_hw for shot in found] == [(64, 96)] * 6
    assert found[5].photo.rgb[8, 90].astype(int) == pytest.approx([40, 60, 90], abs=2)
    assert found[5].photo.rgb[40, 24].astype(int) == pytest.approx([230, 200, 60], abs=2)


def test_wide_pixels_become_square(tmp_path: Path) -> None:
    coding = Coding(pixels="yuv444p", aspect=Fraction(4, 3))
    with open_film(write_film(tmp_path / "film.mp4", squares(2), coding=coding)) as film:
        assert film.size_hw == (64, 128)
        assert next(film.shots).photo.size_hw == (64, 128)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_frames_come_at_their_times_though_these_are_uneven(tmp_path: Path, suffix: str) -> None:
    times = [0.0, 0.04, 0.125, 0.16, 0.5, 0.52]
    coding = Coding(codec="libvpx-vp9") if suffix == ".webm" else Coding()
    path = write_film(tmp_path / f"film{suffix}", squares(6), times=times, coding=coding)
    assert [shot.time for shot in shots(path)] == pytest.approx(times, abs=0.0006)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_an_animation_is_a_film(tmp_path: Path, suffix: str) -> None:
    from PIL import Image

    first, *rest = (Image.fromarray(rgb) for rgb in squares(4))
    path = tmp_path / f"film{suffix}"
    first.save(path, save_all=True, append_images=rest, duration=[100, 40, 200, 40])
    found = shots(path)
    assert [shot.time for shot in found] == pytest.approx([0, 0.1, 0.14, 0.34])
    assert found[-1].duration == pytest.approx(0.04)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused_by_name(tmp_path: Path, transfer: int, name: str) -> None:
    coding = Coding(pixels="yuv420p10le", matrix=9, primaries=9, transfer=transfer)
    path = write_film(tmp_path / "film.mp4", squares(1), coding=coding)
    with pytest.raises(FilmError, match=rf"HDR \({name}\)"):
        shots(path)


def test_hdr_is_refused_wherever_it_begins(tmp_path: Path) -> None:
    coding = Coding(pixels="yuv420p", matrix=9, primaries=9, transfer=18)
    parts = [
        write_film(tmp_path / "sdr.ts", squares(3)),
        write_film(tmp_path / "hdr.ts", squares(3), coding=coding),
    ]
    path = one_after_another(tmp_path / "film.ts", parts)
    with open_film(path) as film:
        assert len([next(film.shots) for _ in range(2)]) == 2
        with pytest.raises(FilmError, match=r"HDR \(HLG\)"):
            list(film.shots)


def cut_off(folder: Path, suffix: str, codec: str) -> Path:
    frames = [photo(64, 96, seed=n) for n in range(10)]
    path = write_film(folder / f"film{suffix}", frames, coding=Coding(codec=codec))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def sound_alone(folder: Path) -> Path:
    import av

    with av.open(str(folder / "film.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        for frame in tone(0.2):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return folder / "film.mp4"


def without_frames(folder: Path) -> Path:
    import av

    with av.open(str(folder / "film.mkv"), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        container.start_encoding()
    return folder / "film.mkv"


def without_decoder(folder: Path) -> Path:
    path = write_film(folder / "film.webm", squares(2), coding=Coding(codec="libvpx-vp9"))
    path.write_bytes(path.read_bytes().replace(b"V_VP9", b"V_XX9"))
    return path


def holding(data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        write_film(folder / "other.mp4", squares(2))
        (folder / "film.mp4").write_bytes(data)
        return folder / "film.mp4"

    return make


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: cut_off(folder, ".mp4", "libx264"), "cannot be read as a film"),
        (lambda folder: cut_off(folder, ".webm", "libvpx-vp9"), "cut off"),
        (sound_alone, "sound but no pictures"),
        (without_frames, "check that it is whole"),
        (without_decoder, "no decoder"),
        (holding(encoded(photo(), "JPEG")), "is one picture"),
        (holding(b""), "cannot be read as a film"),
        (holding(b"no film\n" * 100), "cannot be read as a film"),
        (holding(b"ffconcat version 1.0\nfile other.mp4\n"), "cannot be read as a film"),
        (lambda folder: folder / "film.mp4", "no such file"),
    ],
)
def test_what_is_no_whole_film_is_one_line_before_any_work(
    tmp_path: Path, make: Callable[[Path], Path], told: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(FilmError, match=told) as failed, open_film(path):
        pass
    assert str(path) in str(failed.value)
    assert "\n" not in str(failed.value)


def test_frames_beyond_the_limits_are_refused(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", [square(0)])
    with (
        pytest.raises(ImageTooLargeError, match="more than the limit of 100"),
        open_film(film, limits=Limits(pixels=100)),
    ):
        pass


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film.mp4")
    with pytest.raises(FilmError, match=r"film\.mp4: a named pipe, not a file"):
        shots(tmp_path / "film.mp4")


def test_a_film_that_is_damaged_in_its_midst_is_not_made_up(tmp_path: Path) -> None:
    frames = [photo(64, 96, seed=n) for n in range(10)]
    path = write_film(tmp_path / "film.mp4", frames)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 500] = bytes(500)
    path.write_bytes(data)
    with pytest.raises(FilmError, match=r"film\.mp4"):
        shots(path)


@pytest.mark.parametrize("sound", [None, "aac"])
@pytest.mark.parametrize("share", [0.6, 0.9, 0.99])
def test_a_matroska_film_without_its_end_is_refused(
    tmp_path: Path, share: float, sound: str | None
) -> None:
    frames = [photo(64, 96, seed=n) for n in range(12)]
    path = write_film(tmp_path / "film.mkv", frames, sound=sound)
    assert len(shots(path)) == 12
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(FilmError, match="cut off"), open_film(path):
        pass


@pytest.mark.parametrize("sound", [None, "mp2"])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_an_avi_film_without_its_end_is_refused(
    tmp_path: Path, codec: str, share: float, sound: str | None
) -> None:
    coding = Coding(codec=codec, pixels="yuvj420p" if codec == "mjpeg" else "yuv420p")
    frames = [photo(64, 96, seed=n) for n in range(50)]
    path = write_film(tmp_path / "film.avi", frames, coding=coding, sound=sound)
    whole = path.read_bytes()
    assert len(shots(path)) == 50
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(FilmError, match="cut off"), open_film(path):
        pass


def test_an_avi_film_in_pieces_is_as_long_as_all_of_them(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "film.avi", squares(5)).read_bytes()
    path = tmp_path / "film.avi"
    # FFmpeg reads the frames of the first, and passes over the other, which is empty.
    piece = b"RIFF" + (204).to_bytes(4, "little") + b"AVIX" + b"JUNK\xc0\0\0\0" + bytes(192)
    path.write_bytes(whole + piece)
    assert riff.end_of(path) == len(whole) + len(piece) - 16
    assert len(shots(path)) == 5
    path.write_bytes(whole + piece[:100])
    with pytest.raises(FilmError, match="cut off"), open_film(path):
        pass


def test_an_avi_film_whose_writer_was_killed_is_read_so_far(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.avi", squares(5))
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(4) + whole[8:])
    assert len(shots(path)) == 5


def test_a_matroska_film_that_says_no_length_is_read(tmp_path: Path) -> None:
    data = write_film(tmp_path / "film.mkv", squares(5)).read_bytes()
    at = data.index(b"\x18\x53\x80\x67") + 4
    (tmp_path / "film.mkv").write_bytes(data[:at] + b"\x01" + b"\xff" * 7 + data[at + 8 :])
    assert len(shots(tmp_path / "film.mkv")) == 5


def test_a_stream_that_was_cut_is_read_so_far_and_that_is_said(tmp_path: Path) -> None:
    frames = [photo(64, 96, seed=n) for n in range(12)]
    path = write_film(tmp_path / "film.ts", frames)
    with open_film(path) as film:
        assert (len(list(film.shots)), film.remarks) == (12, [])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    with open_film(path) as film:
        assert len(list(film.shots)) == 6
        assert film.remarks == ["1 of 7 frames left out: cut off at the start or end"]


def test_a_program_stream_that_was_cut_between_packets_is_read_so_far_and_that_is_said(
    tmp_path: Path,
) -> None:
    frames = [photo(64, 96, seed=n) for n in range(50)]
    path = write_film(tmp_path / "film.mpg", frames, coding=Coding(codec="mpeg2video"))
    data = path.read_bytes()
    with open_film(path) as film:
        assert (len(list(film.shots)), film.remarks) == (50, [])
    # A pack of 2048 bytes is the least that FFmpeg writes.
    path.write_bytes(data[: len(data) // 2 // 2048 * 2048])
    with open_film(path) as film:
        seen = len(list(film.shots))
        assert 0 < seen < 50
        assert film.remarks
        assert all("left out: cut off at the start or end" in one for one in film.remarks)


def test_several_recordings_in_one_are_refused_as_such(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.ts", [photo(64, 96, seed=n) for n in range(12)])
    path.write_bytes(2 * path.read_bytes())
    with pytest.raises(FilmError, match=r"several recordings in one.* at 0\.4 s"), open_film(path):
        pass


def test_frames_are_not_made_too_large_by_wide_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "FRAME_PIXELS", 3 * 64 * 96)
    path = write_film(tmp_path / "film.mp4", squares(1), coding=Coding(aspect=Fraction(4)))
    with pytest.raises(ImageTooLargeError, match="384×64"), open_film(path):
        pass


def test_frames_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "FRAME_PIXELS", 64 * 96 - 1)
    path = write_film(tmp_path / "film.mp4", squares(1))
    with pytest.raises(ImageTooLargeError, match="96×64"), open_film(path):
        pass


def test_a_frame_of_16k_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    import av

    width, height = 15_360, 8_640
    with av.open(str(tmp_path / "film.mov"), "w") as container:
        stream: Any = container.add_stream("png", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "monob"
        frame = av.VideoFrame(width, height, "monob")
        (plane,) = frame.planes
        plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with (
        pytest.raises(ImageTooLargeError, match="15360×8640"),
        open_film(tmp_path / "film.mov"),
    ):
        pass


def test_what_is_expected_is_what_comes(tmp_path: Path) -> None:
    def counted(film: Film) -> tuple[int, Fraction, int]:
        return film.expected, film.rate, sum(1 for _ in film.shots)

    with open_film(write_film(tmp_path / "film.mp4", squares(7), sound="aac")) as film:
        assert counted(film) == (7, RATE, 7)
