"""`u2net remove` of films, as it is called."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from calls import Call, interruptible
from made_films import square, squares, write_film
from made_pictures import encoded, opened, photo
from u2net.films.read import open_film
from u2net.films.shots import Shot

REMOVE = [sys.executable, "-m", "u2net", "remove", "--model", "swift"]


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A film with sound in the working folder."""
    pytest.importorskip("av", reason="films need the extra 'video'")
    monkeypatch.chdir(tmp_path)
    write_film(tmp_path / "film.mp4", squares(8), sound="aac")
    return Path("film.mp4")


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def shots(path: str) -> list[Shot]:
    with open_film(Path(path)) as film:
        return list(film.shots)


def test_a_film_becomes_a_film_that_can_be_seen_through(remove: Call, film: Path) -> None:
    done = remove(film, "-o", "out.webm")
    assert (done.status, done.err.splitlines()) == (
        0,
        [
            "u2net: film.mp4: written to out.webm",
            "u2net: film.mp4: sound made opus, for aac does not fit",
        ],
    )
    found = shots("out.webm")
    assert [shot.time for shot in found] == pytest.approx([n / 25 for n in range(8)])
    for shot in found:
        assert shot.photo.alpha is not None
        assert shot.photo.alpha[20:44, 30:36].mean() > shot.photo.alpha[:8].mean() + 50


@pytest.mark.parametrize(
    ("options", "channels"), [(["--mask"], "grey"), (["--background", "#00ff00"], "colour")]
)
def test_masks_and_backgrounds_become_opaque_films(
    remove: Call, film: Path, options: list[str], channels: str
) -> None:
    assert remove(film, "-o", "out.mp4", *options, "-q") == (0, "", "")
    rgb = shots("out.mp4")[0].photo.rgb.astype(int)
    is_grey = np.ptp(rgb, axis=2).max() <= 2
    assert is_grey == (channels == "grey")


def test_edges_of_a_film_are_off_unless_they_are_asked_for(remove: Call, film: Path) -> None:
    for name, options in (("a", []), ("b", ["--edges", "off"]), ("c", ["--edges", "fast"])):
        assert remove(film, "-o", f"{name}.png", *options, "-q").status == 0
    plain, off, fast = (Path(f"{name}.png").read_bytes() for name in "abc")
    assert plain == off != fast


def test_another_film_plays_behind(remove: Call, film: Path) -> None:
    write_film(Path("behind.mp4"), [np.full((64, 96, 3), n, np.uint8) for n in (200, 40)])
    assert remove(film, "-o", "out.mp4", "--background", "behind.mp4", "-q") == (0, "", "")
    corners = [shot.photo.rgb[:6, -6:].mean() for shot in shots("out.mp4")]
    assert corners == pytest.approx([200, 40] * 4, abs=12)
    Path("cat.jpg").write_bytes(encoded(photo(), "JPEG"))
    done = remove("cat.jpg", "-o", "cat.png", "--background", "behind.mp4")
    assert (done.status, "behind films only" in done.err) == (2, True)
    again = remove(film, "-o", "behind.mp4", "--background", "behind.mp4", "--overwrite")
    assert (again.status, "is an input" in again.err) == (1, True)


def test_an_animation_plays_behind_a_film_and_stands_behind_a_picture(
    remove: Call, film: Path
) -> None:
    first, second = (Image.fromarray(np.full((64, 96, 3), n, np.uint8)) for n in (200, 40))
    first.save("behind.gif", save_all=True, append_images=[second], duration=40)
    assert remove(film, "-o", "out.mp4", "--background", "behind.gif", "-q") == (0, "", "")
    corners = [shot.photo.rgb[:6, -6:].mean() for shot in shots("out.mp4")]
    assert corners == pytest.approx([200, 40] * 4, abs=12)
    Path("cat.jpg").write_bytes(encoded(photo(), "JPEG"))
    done = remove("cat.jpg", "-o", "cat.png", "--background", "behind.gif", "-q")
    assert done == (0, "", "")
    assert opened("cat.png").getpixel((0, 0)) == pytest.approx((200, 200, 200), abs=12)


def test_a_film_out_of_focus_is_behind_its_object(remove: Call, film: Path) -> None:
    assert remove(film, "-o", "out.mp4", "--background", "blur", "-q") == (0, "", "")
    found = shots("out.mp4")
    assert len(found) == 8
    for number, shot in enumerate(found):
        truth = square(number).astype(int)
        # The ground around is of one colour, in focus or not; the object is as it was.
        assert np.abs(shot.photo.rgb - truth)[:8, 56:].max() <= 12
        assert np.abs(shot.photo.rgb - truth)[28:36, 20 + 2 * number : 28 + 2 * number].max() <= 12


def test_the_frames_of_a_film_become_pictures_in_a_folder(remove: Call, film: Path) -> None:
    done = remove(film, "-o", "frames", "--format", "png")
    assert done.status == 0
    assert "sound and subtitles left out: pictures hold none" in done.err
    pictures = sorted(path.name for path in Path("frames").glob("*.png"))
    assert pictures == [f"{number:06}.png" for number in range(8)]
    assert opened("frames/000003.png").mode == "RGBA"
    assert "exists" in remove(film, "-o", "frames", "--format", "png").err
    again = remove(film, "-o", "frames", "--format", "png", "--overwrite")
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert "not overwritten" in again.err
    finished = remove(film, "-o", "frames", "--format", "png", "--skip-existing", "-v")
    assert (finished.status, "skipped, frames exists" in finished.err) == (0, True)


def test_the_network_judges_every_third_frame_and_the_film_is_whole(
    remove: Call, film: Path
) -> None:
    assert remove(film, "-o", "out.webm", "--every", "3", "-q").status == 0
    found = shots("out.webm")
    assert [shot.time for shot in found] == pytest.approx([n / 25 for n in range(8)])
    for number, shot in enumerate(found):
        assert shot.photo.alpha is not None
        square = shot.photo.alpha[20:44, 12 + 2 * number : 36 + 2 * number]
        assert square.mean() > shot.photo.alpha[:8].mean() + 50
    assert remove(film, "-o", "out.mov", "--every", "9").status == 2


@pytest.mark.parametrize("name", ["out.png", "out.apng", "out.webp"])
def test_a_film_becomes_an_animated_picture_when_one_is_named(
    remove: Call, film: Path, name: str
) -> None:
    done = remove(film, "-o", name)
    assert (done.status, done.err.splitlines()) == (
        0,
        [
            f"u2net: film.mp4: written to {name}",
            "u2net: film.mp4: sound left out (aac): does not fit",
        ],
    )
    with Image.open(name) as made:
        assert (made.n_frames, made.mode, made.info["loop"]) == (8, "RGBA", 0)


def test_an_animation_becomes_a_film_when_one_is_asked_for(remove: Call, film: Path) -> None:
    first, *rest = map(Image.fromarray, squares(3))
    first.save("cat.gif", save_all=True, append_images=rest, duration=100)
    assert remove("cat.gif", "-o", "cat.webm").status == 0
    assert [shot.time for shot in shots("cat.webm")] == pytest.approx([0, 0.1, 0.2])
    assert remove("cat.gif", "-o", "cat.png").status == 0


def test_a_finished_film_is_not_made_again(remove: Call, film: Path) -> None:
    write_film(Path("other.mp4"), squares(2))
    Path("out").mkdir()
    Path("out/film.webm").write_bytes(b"finished")
    options = ("-o", "out", "--skip-existing", "--manifest", "run.jsonl")
    done = remove(film, "other.mp4", *options)
    assert (done.status, done.err) == (0, "u2net: 1 done, 1 skipped, 0 failed\n")
    lines = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    assert [(line["status"], line["frames"]) for line in lines] == [("skipped", None), ("done", 2)]
    assert Path("out/film.webm").read_bytes() == b"finished"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["film.mp4"], "a film needs -o"),
        (["film.mp4", "-o", "out.jpg"], "no format of films"),
        (["film.mp4", "-o", "out.webp", "--format", "png"], "do not go together"),
        (["film.mp4", "-o", "out.mkv"], "no format of films"),
        (["film.mp4", "-o", "out.mp4"], "no transparency"),
        (["film.mp4", "-o", "-"], "goes to a file"),
        (["film.mp4", "-o", "out.webm", "--crop"], "of single pictures"),
        (["film.mp4", "-o", "out.webm", "--format", "mov"], "do not go together"),
        (["film.mp4", "cat.jpg", "-o", "out"], "is a film, cat.jpg not"),
        (["-", "-o", "out.webm"], "read from a file"),
    ],
)
def test_what_cannot_be_is_wrong_usage(
    remove: Call, film: Path, arguments: list[str], told: str
) -> None:
    Path("cat.jpg").write_bytes(encoded(photo(), "JPEG"))
    done = remove(*arguments)
    assert done.status == 2
    assert told in done.err
    assert names() == ["cat.jpg", "film.mp4"]


def test_a_picture_called_like_a_film_is_a_picture(remove: Call, film: Path) -> None:
    Path("cat.mp4").write_bytes(encoded(photo(), "JPEG"))
    assert remove("cat.mp4", "-o", "cat.png").status == 0
    done = remove("cat.mp4", "-o", "cat.webm")
    assert done.status == 1
    assert done.err == "u2net: cat.mp4: is one picture, no film; name a picture with -o\n"


def test_a_film_that_is_no_film_fails_and_the_others_are_done(remove: Call, film: Path) -> None:
    Path("bad.mp4").write_bytes(b"nothing")
    done = remove("bad.mp4", film, "-o", "out")
    assert done.status == 1
    assert done.err.startswith("u2net: bad.mp4: cannot be read as a film")
    assert [path.name for path in Path("out").iterdir()] == ["film.webm"]


@pytest.mark.slow
def test_a_killed_run_that_is_repeated_begins_no_finished_film_again(film: Path) -> None:
    write_film(Path("long.mp4"), squares(40))
    command = [*REMOVE, "film.mp4", "long.mp4", "-o", "out"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(Path().glob("out/.u2net-*/long.webm")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    finished = Path("out/film.webm").stat()
    assert not Path("out/long.webm").exists()
    command += ["--skip-existing"]
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (0, "u2net: 1 done, 1 skipped, 0 failed\n")
    assert Path("out/film.webm").stat() == finished
    assert len(shots("out/long.webm")) == 40


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [(signal.SIGINT, 130, b"u2net: interrupted\n"), (signal.SIGTERM, 143, b"u2net: terminated\n")],
)
@pytest.mark.parametrize("output", [["out.webm"], ["out", "--format", "png"]])
def test_a_signal_leaves_nothing_half_written(
    film: Path, output: list[str], sent: signal.Signals, status: int, said: bytes
) -> None:
    write_film(Path("long.mp4"), squares(25) * 6)
    command = [*REMOVE, "long.mp4", "-o", *output]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=interruptible)
    while process.poll() is None and not list(Path().glob(f".u2net-*/{output[0]}")):
        time.sleep(0.01)
    process.send_signal(sent)
    _, told = process.communicate()
    assert (process.returncode, told) == (status, said)
    assert names() == ["film.mp4", "long.mp4"]
