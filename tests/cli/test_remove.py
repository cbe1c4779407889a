"""`u2net remove`, as it is called."""

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brightness import Brightness
from calls import Call
from made_pictures import decoded, encoded, opened, photo
from u2net import remover as pipeline
from u2net.batch.animation import animation_of
from u2net.cutout import Picture
from u2net.errors import ImageTooLargeError
from u2net.pictures.limits import Limits


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one photo, and a folder of three."""
    monkeypatch.chdir(tmp_path)
    for n, name in enumerate(("cat.jpg", "pets/cat.jpg", "pets/dog.png", "pets/old/cow.webp")):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        kind = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[Path(name).suffix]
        Path(name).write_bytes(encoded(photo(40 + n, 60, seed=n), kind))
    return tmp_path


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_one_file_becomes_a_cut_out_beside_it(remove: Call, here: Path) -> None:
    run = remove("cat.jpg")
    assert run == (0, "", "u2net: cat.jpg: written to cat-cutout.png\n")
    image = opened("cat-cutout.png")
    assert (image.mode, image.size) == ("RGBA", (60, 40))


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("pixels=2400", "are more than the limit of 2,400"),
        ("side=50", "a side is over the limit of 50"),
        ("file=1K", "more than the limit of 1,024 bytes"),
        ("memory=50K", "more than the limit of 51,200 bytes of memory"),
    ],
)
@pytest.mark.parametrize("frames", ["first", "all"])
def test_what_is_larger_than_a_limit_fails_by_name_and_the_rest_is_done(
    remove: Call, here: Path, limit: str, says: str, frames: str
) -> None:
    Path("pets/small.gif").write_bytes(encoded(photo(8, 8), "GIF"))
    run = remove("pets", "-o", "out", "--limit", limit, "--frames", frames)
    assert run.status == 1
    assert f"pets/cat.jpg: {'' if 'file' in limit else '60×41 pixels'}" in run.err
    assert says in run.err
    assert "small.png" in files(here / "out")


def test_limits_may_be_higher_and_wrong_ones_are_wrong_usage(remove: Call, here: Path) -> None:
    assert remove("cat.jpg", "--limit", "pixels=2G", "--limit", "memory=64G").status == 0
    for wrong in ("pixels", "pixels=0", "pixels=-1", "megapixels=3", "pixels=3T"):
        run = remove("cat.jpg", "--overwrite", "--limit", wrong)
        assert run.status == 2
        assert "give pixels=N, side=N, file=BYTES or memory=BYTES" in run.err


def test_of_the_cases_that_failed_each_is_done_or_told_of(
    remove: Call, shared: Path, tmp_path: Path
) -> None:
    shutil.copytree(shared / "cases", tmp_path / "in", ignore=shutil.ignore_patterns("attack"))
    run = remove(tmp_path / "in", "-o", tmp_path / "out", "--manifest", tmp_path / "run.jsonl")
    told = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    found = {Path(one["input"]).name: one for one in told}
    heic = "done" if find_spec("pillow_heif") else "failed"
    assert {name: one["status"] for name, one in found.items()} == {
        path.name: heic if path.suffix == ".heic" else "done"
        for path in (tmp_path / "in").iterdir()
        if path.suffix not in (".md", ".py")
    }
    assert run.status == (heic == "failed")
    for name in ("anim3.gif", "pages3.tiff"):
        assert "only the first of 3 frames is done" in found[name]["remarks"][0]
    assert found["uniform_black.png"]["remarks"] == ["no object found"]


def test_a_mask_is_grey_and_lies_beside_it(remove: Call, here: Path) -> None:
    assert remove("--mask", "cat.jpg").status == 0
    image = opened("cat-mask.png")
    assert (image.mode, image.size) == ("L", (60, 40))
    remove("cat.jpg")
    assert (np.asarray(image) == decoded(Path("cat-cutout.png").read_bytes())[..., 3]).all()


def test_several_files_lie_beside_themselves_or_in_a_folder(remove: Call, here: Path) -> None:
    assert remove("cat.jpg", "pets/dog.png").status == 0
    assert {"cat-cutout.png", "pets/dog-cutout.png"} <= files(here)
    assert remove("cat.jpg", "pets/dog.png", "-o", "out").status == 0
    assert files(here / "out") == {"cat.png", "dog.png"}


def test_a_folder_keeps_its_layout(remove: Call, here: Path) -> None:
    run = remove("pets", "-o", "out", "--format", "webp")
    assert run == (0, "", "u2net: 3 done, 0 skipped, 0 failed\n")
    assert files(here / "out") == {"cat.webp", "dog.webp", "old/cow.webp"}


@pytest.mark.parametrize(
    ("output", "kind"), [("x.png", "PNG"), ("x.webp", "WEBP"), ("x.tif", "TIFF")]
)
def test_the_suffix_says_the_format(remove: Call, here: Path, output: str, kind: str) -> None:
    assert remove("cat.jpg", "-o", output).status == 0
    assert opened(output).format == kind


def test_a_folder_is_told_by_its_slash_or_by_being_there(remove: Call, here: Path) -> None:
    assert remove("cat.jpg", "-o", "new/").status == 0
    Path("there").mkdir()
    assert remove("cat.jpg", "-o", "there", "--mask").status == 0
    assert (files(here / "new"), files(here / "there")) == ({"cat.png"}, {"cat.png"})


@pytest.mark.parametrize("background", ["#ff0080", "blur", "pets/dog.png"])
def test_a_background_makes_it_opaque(remove: Call, here: Path, background: str) -> None:
    assert remove("cat.jpg", "--background", background, "-o", "x.jpg").status == 0
    assert opened("x.jpg").mode == "RGB"
    assert remove("cat.jpg", "--background", background, "-o", "x.png").status == 0
    assert opened("x.png").mode == "RGB"


def test_a_manifest_tells_of_every_input(remove: Call, here: Path) -> None:
    Path("pets/bad.jpg").write_bytes(b"text")
    assert remove("pets", "-o", "out", "--manifest", "run.jsonl").status == 1
    lines = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    assert [(line["input"], line["status"]) for line in lines] == [
        ("pets/bad.jpg", "failed"),
        ("pets/cat.jpg", "done"),
        ("pets/dog.png", "done"),
        ("pets/old/cow.webp", "done"),
    ]
    assert lines[0]["error"].startswith("pets/bad.jpg: no picture")
    assert (lines[1]["width"], lines[1]["height"]) == (60, 41)


def test_no_photo_of_a_folder_is_dropped_in_silence(remove: Call, here: Path) -> None:
    shutil.copy("cat.jpg", "pets/bird.jfif")
    shutil.copy("cat.jpg", "pets/fish")
    Path("pets/notes.txt").write_text("text")
    Path("pets/raw.psd").write_bytes(b"8BPS" + bytes(60))
    run = remove("pets", "-o", "out")
    assert run.status == 1
    assert run.err.splitlines()[-1] == "u2net: 5 done, 0 skipped, 1 failed, 1 left out (no picture)"
    assert "pets/raw.psd: " in run.err
    assert files(here / "out") == {"bird.png", "cat.png", "dog.png", "fish.png", "old/cow.png"}
    assert "pets/notes.txt: left out, no picture" in remove("pets", "-o", "new", "-v").err


def test_two_photos_of_one_stem_are_both_done_and_that_is_said_once(
    remove: Call, here: Path
) -> None:
    shutil.copy("pets/dog.png", "pets/cat.png")
    run = remove("pets", "-o", "out")
    assert run.status == 0
    first, *others = run.err.splitlines()
    assert first == (
        "u2net: 2 inputs share a name and keep their suffix in it: pets/cat.jpg is written to "
        "out/cat.jpg.png, pets/cat.png is written to out/cat.png.png"
    )
    assert others == ["u2net: 4 done, 0 skipped, 0 failed"]
    assert files(here / "out") == {"cat.jpg.png", "cat.png.png", "dog.png", "old/cow.png"}


def test_results_of_an_earlier_run_are_not_cut_out_again(remove: Call, here: Path) -> None:
    remove("cat.jpg", "pets/cat.jpg")
    remove("pets/cat.jpg", "--mask")
    told = remove("cat.jpg", "cat-cutout.png", "-o", "out", "-v").err
    assert "cat-cutout.png: left out, result of an earlier run" in told
    assert remove("pets", "-o", "new").err == (
        "u2net: 3 done, 0 skipped, 0 failed, 2 left out (result of an earlier run)\n"
    )


def test_an_output_named_without_o_is_told_of(remove: Call, here: Path) -> None:
    run = remove("cat.jpg", "out.png")
    assert run.status == 2
    assert "out.png: no such file; if it is the output, say so with -o: " in run.err
    assert "u2net remove cat.jpg -o out.png" in run.err
    assert "-o out.webp" in remove("-", "out.webp").err
    assert files(here) == {"cat.jpg", "pets/cat.jpg", "pets/dog.png", "pets/old/cow.webp"}


def test_an_output_named_without_o_that_is_there_already_is_told_of(
    remove: Call, here: Path
) -> None:
    shutil.copy("pets/dog.png", "out.png")
    run = remove("cat.jpg", "out.png")
    assert (run.status, files(here) >= {"cat-cutout.png", "out-cutout.png"}) == (0, True)
    assert "out.png: is read as a second input; if it is the output, say so with -o: " in run.err
    assert "u2net remove cat.jpg -o out.png --overwrite" in run.err
    for others in (["cat.jpg", "pets/cat.jpg"], ["cat.jpg", "out.png", "-q"]):
        assert "-o" not in remove(*others, "--overwrite").err


def test_an_unknown_suffix_is_told_the_known_ones(remove: Call, here: Path) -> None:
    for output in ("x.gif", "x"):
        run = remove("cat.jpg", "-o", output)
        assert run.status == 2
        assert f"-o {output}: the suffix must say the format (.png, .webp, .jpg" in run.err


def test_a_link_as_output_is_written_through(remove: Call, here: Path) -> None:
    Path("latest.png").symlink_to("store/1.png")
    assert remove("cat.jpg", "-o", "latest.png").status == 1
    assert remove("cat.jpg", "-o", "latest.png", "--overwrite").status == 0
    assert Path("latest.png").is_symlink()
    assert opened("store/1.png").size == (60, 40)


def test_one_bad_place_or_name_ends_no_run(remove: Call, here: Path) -> None:
    Path("empty").mkdir()
    long = "x" * 300 + ".jpg"
    Path("pets/long.jpg").symlink_to(long)
    shutil.copy("cat.jpg", "pets/" + "y" * 251 + ".jpg")
    for _ in range(2):
        run = remove("empty", "pets", long, "-o", "out", "--format", "tiff", "--skip-existing")
        assert run.status == 1
        *failures, summary = run.err.splitlines()
        assert [line.split(":")[1].strip() for line in failures] == [
            *("empty", "pets/long.jpg", "out/" + "y" * 251 + ".tiff", long)
        ]
    assert summary == "u2net: 0 done, 3 skipped, 4 failed"


def test_a_file_that_appears_during_the_run_is_kept(
    remove: Call, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path("out/dog.png")

    class Meanwhile(Brightness):
        def __call__(self, batch: object) -> object:
            out.parent.mkdir(exist_ok=True)
            out.write_text("of another program")
            return super().__call__(batch)

    for option, status, told in (
        ("-v", 1, "out/dog.png: appeared during the run and is kept; give --skip-existing or"),
        ("--skip-existing", 0, "u2net: 2 done, 1 skipped, 0 failed"),
    ):
        shutil.rmtree("out", ignore_errors=True)
        monkeypatch.setattr(pipeline, "load_engine", lambda *a, **o: Meanwhile())
        run = remove("pets", "-o", "out", option)
        assert (run.status, told in run.err) == (status, True)
        assert out.read_text() == "of another program"


@pytest.fixture
def moving(here: Path) -> Path:
    """Three frames that differ, for 50, 150 and 250 ms."""
    frames = [Image.fromarray(photo(40, 60, seed=n)) for n in range(3)]
    path = here / "moving.webp"
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=[50, 150, 250], lossless=True
    )
    return path


def test_of_an_animation_the_first_frame_is_done_and_that_is_said(
    remove: Call, moving: Path
) -> None:
    run = remove("moving.webp", "cat.jpg", "-o", "out", "--manifest", "run.jsonl")
    said = "only the first of 3 frames is done; --frames all does all of them"
    assert run.err.splitlines()[0] == f"u2net: moving.webp: {said}"
    lines = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    assert [(line["frames"], line["remarks"]) for line in lines] == [(3, [said]), (1, [])]
    assert said in remove("moving.webp", "--mask", "-o", "mask.png").err
    with opened("out/moving.png") as image:
        assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize("output", ["x.png", "x.webp", "x.gif", "x.tiff"])
def test_all_frames_are_done_when_asked_for(remove: Call, moving: Path, output: str) -> None:
    run = remove("moving.webp", "--frames", "all", "-o", output)
    assert (run.status, run.err) == (0, f"u2net: moving.webp: written to {output}\n")
    with opened(output) as image:
        assert (image.n_frames, image.size) == (3, (60, 40))
        durations = []
        for number in range(3):
            image.seek(number)
            image.load()
            durations.append(image.info.get("duration"))
    if output != "x.tiff":
        assert durations == [50, 150, 250]


def test_all_frames_of_one_frame_are_the_picture(remove: Call, here: Path) -> None:
    remove("cat.jpg", "-o", "one.png")
    assert remove("cat.jpg", "-o", "all.png", "--frames", "all").status == 0
    assert Path("all.png").read_bytes() == Path("one.png").read_bytes()
    assert remove("pets", "-o", "out", "--format", "gif", "--frames", "all").status == 0
    assert opened("out/cat.gif").format == "GIF"


def test_frames_that_are_too_much_together_are_a_failure(
    here: Path, monkeypatch: pytest.MonkeyPatch, moving: Path
) -> None:
    with pytest.raises(ImageTooLargeError, match="3 frames of 60×40 pixels are more than"):
        animation_of(moving, lambda photo: Picture(pixels=photo.rgb), limits=Limits(pixels=5000))


def test_metadata_is_kept_when_asked_for_and_density_always(remove: Call, here: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "maker", 6
    Path("camera.jpg").write_bytes(encoded(photo(), "JPEG", exif=exif, dpi=(300, 300)))
    for options, maker in ([], None), (["--keep-metadata"], "maker"), (["--mask"], None):
        assert remove("camera.jpg", "-o", "x.png", "--overwrite", *options).status == 0
        with opened("x.png") as image:
            assert image.getexif().get(0x010F) == maker
            assert image.getexif().get(0x0112, 1) == 1
            assert [round(dpi) for dpi in image.info["dpi"]] == [300, 300]


def test_a_picture_to_stdout_is_told_of_like_one_to_a_file(remove: Call, here: Path) -> None:
    run = remove("cat.jpg", "-o", "-", "--format", "tiff", "--manifest", "run.jsonl", "-v")
    assert run.status == 0
    assert "runs on brightness" in run.err
    assert "cat.jpg: written to stdout" in run.err
    (line,) = map(json.loads, Path("run.jsonl").read_text().splitlines())
    assert (line["input"], line["output"], line["status"]) == ("cat.jpg", "-", "done")
    refused = remove("cat.jpg", "-o", "-", "--manifest", "run.jsonl")
    assert (refused.status, refused.out) == (1, "")
    assert "run.jsonl: exists; give --skip-existing or --overwrite" in refused.err


def test_one_bad_file_is_reported_and_the_rest_is_done(remove: Call, here: Path) -> None:
    Path("pets/bad.jpg").write_bytes(Path("cat.jpg").read_bytes()[:-99])
    Path("pets/gone.png").symlink_to("nowhere")
    run = remove("pets", "missing.jpg", "-o", "out")
    assert run.status == 1
    *failures, summary = run.err.splitlines()
    assert [line.split(":")[1] for line in failures] == [
        " pets/bad.jpg",
        " pets/gone.png",
        " missing.jpg",
    ]
    assert summary == "u2net: 3 done, 0 skipped, 3 failed"
    assert files(here / "out") == {"cat.png", "dog.png", "old/cow.png"}


def test_a_second_run_is_refused_skips_or_overwrites(remove: Call, here: Path) -> None:
    remove("pets", "-o", "pets/out")
    first = {name: (here / "pets/out" / name).stat().st_ino for name in files(here / "pets/out")}
    refused = remove("pets", "-o", "pets/out")
    assert refused.status == 1
    assert "give --skip-existing or --overwrite" in refused.err
    skipped = remove("pets", "-o", "pets/out", "--skip-existing")
    assert skipped == (0, "", "u2net: 0 done, 3 skipped, 0 failed\n")
    assert {n: (here / "pets/out" / n).stat().st_ino for n in first} == first
    assert remove("pets", "-o", "pets/out", "--overwrite", "-q") == (0, "", "")
    assert files(here / "pets/out") == first.keys()


def test_all_skipped_needs_no_model(remove: Call, here: Path) -> None:
    Path("cat-cutout.png").write_bytes(b"there")
    assert remove("cat.jpg", "--skip-existing", "--model", "nonesuch").status == 0


def test_quiet_says_nothing_and_verbose_all(remove: Call, here: Path) -> None:
    assert remove("pets", "-o", "a", "-q") == (0, "", "")
    told = remove("pets", "-o", "b", "-v").err
    assert "brightness" in told
    assert "pets/old/cow.webp: written to b/old/cow.png" in told


ODD_NAMES = [b"[red]cat[bold].jpg", b"new\nline.jpg", b"caf\xe9.jpg", b"-dash.jpg", b"a b'c.jpg"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_done_and_told_of_in_one_line(remove: Call, here: Path, name: bytes) -> None:
    path = Path("pets") / os.fsdecode(name)
    shutil.copy("cat.jpg", path)
    run = remove("pets", "-o", "out", "-v")
    assert run.status == 0
    assert len(run.err.splitlines()) == 6
    assert (Path("out") / path.name).with_suffix(".png").is_file()


BAD: dict[str, bytes] = {
    "truncated.jpg": encoded(photo(), "JPEG")[:-300],
    "text.png": b"this is no picture\n",
    "empty.jpg": b"",
    "bomb.png": b"\x89PNG\r\n\x1a\n"
    + bytes.fromhex("0000000d49484452000186a0000186a00802000000")
    + bytes.fromhex("3ab9e2f4")
    + bytes.fromhex("00000000494441543 5af061e".replace(" ", "")),
}


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("name", [*BAD, "missing.jpg"])
def test_bad_input_is_one_line_and_nothing_written(
    remove: Call, here: Path, name: str, mask: bool
) -> None:
    if name in BAD:
        Path(name).write_bytes(BAD[name])
    before = files(here)
    run = remove(name, *(["--mask"] if mask else []))
    assert (run.status, run.out, run.err.count("\n")) == (1, "", 1)
    assert run.err.startswith(f"u2net: {name}: ")
    assert files(here) == before


MISUSE = {
    "no input": (),
    "folder without -o": ("pets",),
    "several to one file": ("cat.jpg", "pets/dog.png", "-o", "x.png"),
    "format against suffix": ("cat.jpg", "-o", "x.png", "--format", "webp"),
    "no format": ("cat.jpg", "-o", "x"),
    "both existing": ("cat.jpg", "--overwrite", "--skip-existing"),
    "mask with background": ("cat.jpg", "--mask", "--background", "blur"),
    "jpg without background": ("cat.jpg", "--format", "jpg"),
    "stdin among others": ("-", "cat.jpg"),
    "folder to stdout": ("pets", "-o", "-"),
    "stdin to a folder": ("-", "-o", "out/"),
    "unknown engine": ("cat.jpg", "--engine", "abacus"),
    "device of no engine": ("cat.jpg", "--engine", "onnxruntime:abacus"),
    "quiet and verbose": ("cat.jpg", "-q", "-v"),
    "skip and stdout": ("cat.jpg", "-o", "-", "--skip-existing"),
    "overwrite and stdout": ("-", "--overwrite"),
    "gif of one frame": ("cat.jpg", "-o", "x.gif"),
    "gif format of one frame": ("cat.jpg", "--format", "gif"),
    "all frames as jpg": ("cat.jpg", "--frames", "all", "-o", "x.jpg", "--background", "blur"),
    "metadata in a gif": ("cat.jpg", "-o", "x.gif", "--frames", "all", "--keep-metadata"),
    "no jobs": ("cat.jpg", "--jobs", "0"),
    "unknown option": ("cat.jpg", "--nonesuch"),
}


@pytest.mark.parametrize("arguments", MISUSE.values(), ids=MISUSE)
def test_wrong_usage_is_status_2_and_nothing_written(
    remove: Call, here: Path, arguments: tuple[str, ...]
) -> None:
    before = files(here)
    run = remove(*arguments)
    assert (run.status, run.out) == (2, "")
    assert "Usage: " in run.err
    assert files(here) == before


REFUSED = {
    "folder without images": (("empty", "-o", "out"), "empty: no pictures"),
    "unknown model": (("cat.jpg", "--model", "nonesuch"), "lite"),
    "unknown background": (("cat.jpg", "--background", "rouge"), "transparent, blur, a colour"),
    "bad background": (("cat.jpg", "--background", "notes.txt"), "notes.txt: no picture"),
    "file as folder": (("pets", "-o", "notes.txt"), "notes.txt"),
    "file above": (("cat.jpg", "-o", "notes.txt/x.png"), "notes.txt"),
    "folder onto itself": (("pets", "-o", "pets"), "is the input folder"),
    "input as output": (("pets/dog.png", "-o", "pets/dog.png", "--overwrite"), "is an input"),
    "one name for two": (("pets", "cat.jpg", "-o", "out"), "would both be written"),
    "device as output": (("cat.jpg", "-o", "/dev/null", "--format", "png", "--overwrite"), "null"),
}


@pytest.mark.parametrize(("arguments", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_one_line_and_nothing_written(
    remove: Call, here: Path, arguments: tuple[str, ...], told: str
) -> None:
    Path("empty").mkdir()
    Path("notes.txt").write_text("text")
    before = files(here)
    run = remove(*arguments)
    assert (run.status, run.out, run.err.count("\n")) == (1, "", 1)
    assert told in run.err
    assert files(here) == before


def test_unsuitable_model_files_are_named(here: Path, remove: Call) -> None:
    Path("model.onnx").write_bytes(b"no network")
    run = remove("cat.jpg", "--model", "model.onnx")
    assert (run.status, run.err.count("\n")) == (1, 1)
    assert run.err.startswith("u2net: model.onnx: ")
    assert "cat-cutout.png" not in files(here)


def test_it_says_where_it_found_no_object(
    monkeypatch: pytest.MonkeyPatch, remove: Call, here: Path
) -> None:
    monkeypatch.setattr(Brightness, "__call__", lambda self, batch: batch[:, :1] * 0)
    Path("grey.png").write_bytes(encoded(photo()))
    run = remove("grey.png", "--manifest", "run.jsonl")
    assert run.status == 0
    assert "grey.png: no object found" in run.err
    assert json.loads(Path("run.jsonl").read_text())["remarks"] == ["no object found"]


def test_crop_writes_the_part_around_the_object(remove: Call, here: Path) -> None:
    assert remove("cat.jpg", "--crop", "--crop-margin", "0", "-o", "small.png").status == 0
    whole = remove("cat.jpg", "-o", "whole.png") and decoded(Path("whole.png").read_bytes())
    small = decoded(Path("small.png").read_bytes())
    assert small.size < whole.size
    assert (small[..., 3] > 12).sum() == (whole[..., 3] > 12).sum()


def test_pixels_of_another_tool_have_edges_that_are_off(remove: Call, here: Path) -> None:
    assert remove("cat.jpg", "--compat", "rembg", "-o", "a.png").status == 0
    assert remove("cat.jpg", "--compat", "rembg", "--edges", "off", "-o", "b.png").status == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--crop-margin", "5"], "give --crop too"),
        (["--crop", "--crop-margin", "60%"], "from 0 to 50"),
        (["--crop", "--frames", "all"], "do not go together"),
        (["--mask", "--keep-colours"], "--mask and --keep-colours do not go together"),
        (["--every", "3"], "--every is of films"),
        (["--no-steady"], "--no-steady is of films"),
        (["--compat", "rembg", "--edges", "matting"], "--compat and --edges do not go together"),
        (["--compat", "rembg", "--edges", "fast"], "--compat and --edges do not go together"),
    ],
)
def test_crops_that_cannot_be_are_wrong_usage(
    remove: Call, here: Path, words: list[str], message: str
) -> None:
    found = remove("cat.jpg", *words)
    assert found.status == 2
    assert message in found.err
