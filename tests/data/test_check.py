import json
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from u2net.cli.data import command
from u2net.data.check import check, check_all


def kinds(place: Path) -> list[tuple[str, str]]:
    return [(problem.kind, problem.stem) for problem in check(place).problems]


def test_a_good_set_has_no_problems(pairs: Path) -> None:
    assert kinds(pairs) == []


def test_every_kind_of_problem_is_found(pairs: Path) -> None:
    masks = pairs / "masks"
    (masks / "p0.png").unlink()
    (pairs / "images/p1.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(masks / "p2.png"), np.full((7, 7), 255, np.uint8))
    for stem, level in (("p3", 0), ("p4", 255)):
        mask = cv2.imread(str(masks / f"{stem}.png"), cv2.IMREAD_GRAYSCALE)
        assert mask is not None
        cv2.imwrite(str(masks / f"{stem}.png"), np.full_like(mask, level))
    mask = cv2.imread(str(masks / "p5.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    cv2.imwrite(str(masks / "p5.png"), mask // 255)
    assert sorted(kinds(pairs)) == [
        ("empty", "p3"),
        ("full", "p2"),
        ("full", "p4"),
        ("size", "p2"),
        ("unpaired", "p0"),
        ("unreadable", "p1"),
    ]


@pytest.mark.parametrize("kept", [0.95, 0.8, 0.3])
def test_a_cut_off_photo_is_named(pairs: Path, kept: float) -> None:
    path = pairs / "images/p1.jpg"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (640, 480)))  # type: ignore[arg-type]
    mask = cv2.imread(str(pairs / "masks/p1.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    cv2.imwrite(str(pairs / "masks/p1.png"), cv2.resize(mask, (640, 480)))
    assert kinds(pairs) == []
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert kinds(pairs) == [("unreadable", "p1")]


def test_a_pipe_in_a_set_is_named_and_not_waited_on(pairs: Path) -> None:
    os.mkfifo(pairs / "masks/z.png")
    (problem,) = check(pairs).problems
    assert "z.png: no file but a pipe" in problem.detail


def test_a_pipe_in_a_list_is_named_and_not_waited_on(pairs: Path) -> None:
    os.mkfifo(pairs / "z")
    (pairs / "set.txt").write_text("images/p0.jpg z\n")
    (problem,) = check(pairs / "set.txt").problems
    assert problem.kind == "unusable"
    assert "pipe or device" in problem.detail


def test_a_place_that_is_no_set_is_a_problem(tmp_path: Path) -> None:
    assert kinds(tmp_path / "missing") == [("unusable", "")]


def test_recoded_scaled_and_mirrored_pictures_of_the_test_set_are_found(
    tmp_path: Path, shared: Path
) -> None:
    photos = sorted((shared / "data/ecssd200/images").iterdir())[:12]
    for name in ("train", "test"):
        for part in ("images", "masks"):
            (tmp_path / name / part).mkdir(parents=True)
    for number, path in enumerate(photos):
        photo = cv2.imread(str(path))
        assert photo is not None
        blank = np.zeros(photo.shape[:2], np.uint8)
        blank[5:50, 5:50] = 255
        inside = "test" if number < 6 else "train"
        cv2.imwrite(str(tmp_path / inside / f"images/{path.stem}.png"), photo)
        cv2.imwrite(str(tmp_path / inside / f"masks/{path.stem}.png"), blank)
        if number in (0, 1):
            changed = cv2.resize(photo[:, ::-1] if number else photo, (200, 150))
            target = tmp_path / f"train/images/copy{number}.jpg"
            cv2.imwrite(str(target), changed, [cv2.IMWRITE_JPEG_QUALITY, 60])
            cv2.imwrite(
                str(tmp_path / f"train/masks/copy{number}.png"), cv2.resize(blank, (200, 150))
            )
    (checked,) = check_all([tmp_path / "train"], tmp_path / "test")
    assert [(p.kind, p.stem) for p in checked.problems] == [
        ("duplicate", "copy0"),
        ("duplicate", "copy1"),
    ]


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_the_command_ends_with_1_when_something_is_wrong(pairs: Path, arguments: list[str]) -> None:
    (pairs / "masks/p0.png").unlink()
    result = CliRunner().invoke(command, ["check", str(pairs), *arguments], standalone_mode=False)
    assert result.return_value == 1
    assert "p0" in result.stdout


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "x" * 300 + "/y:z"])
def test_a_name_that_no_folder_can_have_is_a_problem_like_any_other(name: str) -> None:
    (problem,) = check(Path(name)).problems
    assert problem.kind == "unusable"


def test_a_problem_is_one_line_whatever_is_in_its_name(pairs: Path) -> None:
    (pairs / "images/odd\n\x1b[31mname.jpg").write_bytes(b"")
    run = CliRunner().invoke(command, ["check", str(pairs)], standalone_mode=False)
    assert len(run.stdout.splitlines()) == 2
    assert "\x1b" not in run.stdout


def test_empty_masks_that_are_meant_are_noted_and_no_problem(pairs: Path) -> None:
    mask = cv2.imread(str(pairs / "masks/p1.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    cv2.imwrite(str(pairs / "masks/p1.png"), np.zeros_like(mask))
    run = CliRunner().invoke(command, ["check", str(pairs)], standalone_mode=False)
    assert (run.return_value, "nothing is foreground" in run.stdout) == (1, True)
    arguments = ["check", str(pairs), "--allow-empty"]
    run = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert (run.return_value, "truth without foreground (1 masks)" in run.stdout) == (0, True)


def test_json_holds_every_set(pairs: Path, tmp_path: Path, make_pairs: Callable[..., Path]) -> None:
    other = make_pairs(tmp_path / "other", count=3)
    result = CliRunner().invoke(
        command, ["check", str(pairs), str(other), "--json"], standalone_mode=False
    )
    assert result.return_value == 0
    document = json.loads(result.stdout)
    assert [(one["pairs"], one["problems"]) for one in document["sets"]] == [(8, []), (3, [])]
