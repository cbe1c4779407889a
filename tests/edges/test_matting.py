"""Alpha estimated from colours where the mask is not sure."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_mattes.kinds import KINDS
from made_mattes.scene import Scene, make
from made_pictures import encoded, photo
from u2net import errors
from u2net.edges import matting
from u2net.edges.grid import Grid, step_for
from u2net.edges.guided import guided
from u2net.edges.matting import matted, unsure
from u2net.errors import ExtraMissingError, MattingError
from u2net.mask import enlarged
from u2net.remover import Remover

pytestmark = pytest.mark.skipif(find_spec("pymatting") is None, reason="needs pymatting")

SIZE = (360, 480)


@pytest.fixture(scope="module", params=["hair", "fur"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return make(KINDS[request.param], photo(*SIZE), SIZE, seed=2)


def fast(scene: Scene) -> np.ndarray:
    """What the stage before makes of a network that is right."""
    small = cv2.resize(scene.truth[..., 3], (64, 64), interpolation=cv2.INTER_AREA)
    mask = enlarged(cv2.GaussianBlur(small / np.float32(255), (0, 0), 0.7), SIZE)
    return guided(Grid(scene.rgb, step_for(SIZE, (64, 64))), mask)


def test_alpha_comes_nearer_to_the_truth_still(scene: Scene) -> None:
    truth = scene.truth[..., 3].astype(int)
    before = fast(scene)
    after = matted(scene.rgb, before)
    assert np.abs(after - truth).sum() < 0.9 * np.abs(before - truth).sum()


@pytest.mark.parametrize(("side", "margin"), [(128, 64), (200, 80), (1000, 1)])
def test_tiles_of_any_size_agree_to_a_few_levels(scene: Scene, side: int, margin: int) -> None:
    mask = fast(scene)
    usual = matted(scene.rgb, mask).astype(int)
    apart = np.abs(matted(scene.rgb, mask, side=side, margin=margin) - usual)
    assert apart.max() <= 8
    assert (apart > 1).mean() < 0.005


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99))
def test_where_the_mask_is_sure_nothing_changes(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = cv2.resize(rng.integers(0, 2, (2, 3), np.uint8) * 255, (width, height))
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
    found = matted(rgb, mask)
    assert found.shape == mask.shape
    assert (found == mask)[~unsure(mask)].all()


@pytest.mark.parametrize("level", [0, 255])
def test_a_mask_that_is_sure_is_given_back_itself(level: int) -> None:
    mask = np.full(SIZE, level, np.uint8)
    assert matted(photo(*SIZE), mask) is mask


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3, 2)])
def test_where_there_is_no_window_of_colours_the_mask_stays(shape: tuple[int, int]) -> None:
    mask = np.full(shape, 128, np.uint8)
    found = matted(photo(*shape), mask)
    assert np.abs(found.astype(int) - mask).max() <= 1


def test_a_tile_with_nothing_but_the_rim_of_a_band_is_solved_too() -> None:
    mask = np.zeros((12, 120), np.uint8)
    mask[5, 41] = 100
    found = matted(photo(12, 120), mask, side=32, margin=8)
    assert (found[:, :30] == 0).all()


@pytest.mark.parametrize("level", [0, 255])
def test_flat_photos_leave_the_whole_of_the_mask(level: int, scene: Scene) -> None:
    mask = fast(scene)
    found = matted(np.full((*SIZE, 3), level, np.uint8), mask).astype(int)
    assert abs(found.sum() - mask.astype(int).sum()) < 0.06 * mask.astype(int).sum()


def test_a_solver_that_fails_is_an_error_that_names_the_photo(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hairy.png"
    path.write_bytes(encoded(scene.rgb))
    monkeypatch.setattr(matting, "MOST_ROUNDS", 1)
    with pytest.raises(MattingError, match=r"hairy\.png: no alpha found .*use --edges fast"):
        Remover(edges="matting")(path)


def test_without_the_extra_it_is_told_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match="matting needs the extra 'matting'"):
        Remover(edges="matting").load()


def test_of_pymatting_nothing_is_loaded_but_what_is_used() -> None:
    program = (
        "import sys; from u2net.edges.kernels import kernels; kernels('solver.cg'); "
        "print(*(name for name in sys.modules if name.startswith('pymatting')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["pymatting.solver.cg"]
