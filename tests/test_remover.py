"""The whole inference line."""

import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import u2net
from brightness import CARD, Brightness
from made_pictures import encoded, opened, oriented, photo, wide_rgb_profile
from u2net import remover as pipeline
from u2net.background import Blur, Colour
from u2net.cutout import Picture
from u2net.edges import EDGES, Edges
from u2net.errors import (
    ImageTooLargeError,
    UnfitImageError,
    UnknownModelError,
    UnreadableImageError,
)
from u2net.options import Options
from u2net.pictures.limits import Limits
from u2net.pictures.source import photo_of
from u2net.remover import Loaded, Remover

CAT = Path(__file__).parents[1] / "examples/cat.jpg"


@pytest.fixture(scope="module")
def quick() -> Remover:
    remover = Remover()
    remover._loaded = Loaded(Brightness(), CARD)
    return remover


@pytest.fixture(scope="module")
def lite() -> Remover:
    return Remover("lite")


@pytest.fixture(scope="module")
def swift() -> Remover:
    """The quicker of the embedded networks, for what is to be known of any."""
    return Remover("swift")


@settings(max_examples=60)
@given(st.integers(1, 200), st.integers(1, 200))
def test_every_output_has_the_size_of_its_input(height: int, width: int) -> None:
    remover = Remover()
    remover._loaded = Loaded(Brightness(), CARD)
    rgb = photo(height, width)
    assert remover(rgb).rgba.shape == (height, width, 4)
    assert remover.mask(encoded(rgb, "JPEG")).shape == (height, width)
    assert remover.compose(rgb, Blur()).pixels.shape == (height, width, 3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (33, 77)])
@pytest.mark.parametrize("level", [0, 255, None])
def test_odd_pictures_have_defined_results_with_the_real_network(
    swift: Remover, shape: tuple[int, int], level: int | None
) -> None:
    rgb = photo(*shape) if level is None else np.full((*shape, 3), level, np.uint8)
    cutout = swift(rgb)
    assert cutout.rgba.shape == (*shape, 4)
    assert not cutout.rgba[cutout.alpha == 0].any()


@pytest.mark.parametrize("edges", EDGES)
def test_a_cut_out_that_keeps_colours_is_the_photo_again_over_it(
    swift: Remover, edges: Edges
) -> None:
    path = CAT.with_name("astronaut.jpg")
    rgb = np.asarray(Image.open(path))
    rgba = swift.changed(edges=edges, keep_colours=True)(path).rgba
    assert (rgba[rgba[..., 3] > 0, :3] == rgb[rgba[..., 3] > 0]).all()
    assert (rgba[..., 3] == 255).any()


def test_colours_change_only_where_the_object_is_half_transparent(swift: Remover) -> None:
    path = CAT.with_name("astronaut.jpg")
    rgb = np.asarray(Image.open(path))
    for edges in EDGES:
        rgba = swift.changed(edges=edges)(path).rgba
        other = (rgba[..., :3] != rgb).any(axis=2) & (rgba[..., 3] > 0)
        assert other.any() == (edges != "off")
        assert not other[rgba[..., 3] == 255].any()


def test_edges_that_are_none_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="edges are off"):
        Remover(edges="sharp")  # type: ignore[arg-type]


@pytest.mark.parametrize("edges", EDGES)
def test_the_mask_alone_is_that_of_the_cut_out(quick: Remover, edges: Edges) -> None:
    large = encoded(photo(400, 600), "JPEG")
    remover = quick.changed(edges=edges)
    apart = remover.mask(large).astype(int) - remover(large).alpha
    assert np.abs(apart).mean() < (1 if edges == "off" else 0.01)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_eight_orientations_have_one_mask(quick: Remover, orientation: int, kind: str) -> None:
    rgb = photo()
    upright = quick.mask(oriented(rgb, 1, kind)).astype(int)
    turned = quick.mask(oriented(rgb, orientation, kind))
    assert turned.shape == upright.shape
    assert np.abs(turned - upright).mean() <= (0 if kind == "PNG" else 3)


def test_the_mask_is_the_alpha_of_the_cut_out(quick: Remover) -> None:
    small = encoded(photo(100, 120), "JPEG")
    assert (quick.mask(small) == quick(small).alpha).all()
    large = encoded(photo(400, 600), "JPEG")
    assert np.abs(quick.mask(large).astype(int) - quick(large).alpha).mean() < 1


def test_a_background_may_be_a_word_or_a_file(quick: Remover, tmp_path: Path) -> None:
    (tmp_path / "sea.png").write_bytes(encoded(photo(seed=7)))
    for background in ("blur", "#102030", str(tmp_path / "sea.png")):
        assert quick.compose(photo(), background).pixels.shape == (60, 90, 3)
    assert (quick.compose(photo(), "transparent").pixels[:] == quick(photo()).rgba).all()


def test_the_own_alpha_of_a_picture_is_in_the_cut_out_but_not_in_the_mask(quick: Remover) -> None:
    own = np.full((60, 90), 128, np.uint8)
    own[:, :45] = 0
    hidden = np.dstack([photo(), own])
    mask = quick.mask(photo())
    assert (quick.mask(hidden) == mask).all()
    assert (quick(hidden).alpha == np.rint(mask.astype(float) * own / 255)).all()


def test_a_wide_profile_is_kept_and_seen_through(quick: Remover) -> None:
    data = encoded(photo(), icc_profile=wide_rgb_profile())
    cutout = quick(data)
    assert cutout.icc_profile == wide_rgb_profile()
    assert (cutout.alpha != quick(photo()).alpha).any()


def test_many_equal_one_by_one(quick: Remover, tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.png" for n in range(9)]
    for n, path in enumerate(paths):
        path.write_bytes(encoded(photo(20 + 7 * n, 60, seed=n)))
    results = list(quick.map(paths, jobs=3))
    assert [path for path, _ in results] == paths
    for path, cutout in results:
        assert isinstance(cutout, u2net.Cutout)
        assert (cutout.rgba == quick(path).rgba).all()


def test_one_bad_file_is_a_value_among_the_others(quick: Remover, tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    good.write_bytes(encoded(photo()))
    results = [result for _, result in quick.map([good, tmp_path / "gone.png", good])]
    assert [type(r) for r in results] == [u2net.Cutout, UnreadableImageError, u2net.Cutout]


def test_threads_share_a_remover_that_loads_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []

    def load_engine(*args: object, **options: object) -> Brightness:
        loads.append(args)
        return Brightness()

    monkeypatch.setattr(pipeline, "load_engine", load_engine)
    remover, rgb, found = Remover(), photo(), []
    threads = [threading.Thread(target=lambda: found.append(remover(rgb))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert all((cutout.rgba == found[0].rgba).all() for cutout in found)


def test_remove_keeps_its_model_for_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    monkeypatch.setattr(pipeline, "load_engine", lambda *a, **o: loads.append(a) or Brightness())
    pipeline._shared_remover.cache_clear()
    for _ in range(3):
        assert u2net.remove(photo()).rgba.shape == (60, 90, 4)
    pipeline._shared_remover.cache_clear()
    assert len(loads) == 1


def test_several_pictures_at_once_are_what_each_is_alone(quick: Remover) -> None:
    photos = [photo_of(photo(30 + n, 40, seed=n)) for n in range(3)]
    together = quick.saliency(photos)
    assert together.shape == (3, 64, 64)
    assert quick.saliency([]).shape == (0, 64, 64)
    for one, alone in zip(together, photos, strict=True):
        assert (one == quick.saliency([alone])[0]).all()


def test_a_remover_travels_with_its_options_and_loads_anew(swift: Remover) -> None:
    options = Options(model="swift", keep_metadata=True, background=Colour((1, 2, 3)))
    copy = pickle.loads(pickle.dumps(Remover.of(options)))
    assert copy.options == options
    assert (copy.picture(photo()).pixels[0, 0] == (1, 2, 3)).all()
    again = pickle.loads(pickle.dumps(swift))
    assert (again(photo()).rgba == swift(photo()).rgba).all()


def test_limits_on_pictures_are_the_removers(quick: Remover) -> None:
    remover = Remover(limits=Limits(pixels=60 * 90 - 1))
    remover._loaded = quick.load()
    for ask in (remover, remover.mask, remover.picture):
        with pytest.raises(ImageTooLargeError, match="limit of 5,399"):
            ask(encoded(photo()))


def test_options_make_masks_and_backgrounds(quick: Remover) -> None:
    remover = Remover.of(Options(mask=True))
    remover._loaded = quick.load()
    assert (remover.picture(photo()).pixels[:] == quick.mask(photo())).all()
    with pytest.raises(ValueError, match="a mask has no background"):
        Options(mask=True, background=Blur())


@pytest.mark.parametrize("name", ["black", "white", "grey"])
def test_where_there_is_no_object_nothing_is_shown(lite: Remover, shared: Path, name: str) -> None:
    cutout = lite(shared / "cases" / f"uniform_{name}.png")
    assert not cutout.found
    assert not cutout.rgba.any()


def test_far_from_the_object_alpha_is_0(lite: Remover, shared: Path) -> None:
    path = shared / "cases/c02_dark_subject_white_backdrop.jpg"
    alpha = lite(path).alpha
    frame = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    assert not frame.any()


def outline_and_inside() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of the ball in the pictures c02: the band around its edge, and the ring inside that."""
    y, x = np.mgrid[:600, :600]
    distance = np.hypot(y - 330, x - 300)
    return (distance >= 148) & (distance < 154), (distance >= 143) & (distance < 147)


def test_no_light_ring_of_a_bright_wall_stays_around_a_dark_object(shared: Path) -> None:
    path = shared / "cases/c02_dark_subject_white_backdrop.jpg"
    outline, inside = outline_and_inside()
    light = Remover("swift").compose(path, "#101010").pixels[:].mean(axis=2)
    assert 16 < light[outline].mean() < light[inside].mean()
    assert (light[outline] > light[inside].max()).mean() < 0.01


def test_no_green_rim_of_a_lawn_stays_around_an_object(shared: Path) -> None:
    path = shared / "cases/c02_subject_on_green.jpg"
    outline, inside = outline_and_inside()

    def green(picture: Picture) -> float:
        """By how much green lies above red and blue in the band around the edge, on average."""
        red, green, blue = np.moveaxis(picture.pixels[:].astype(int), -1, 0)
        return float((green - np.maximum(red, blue)).clip(0)[outline].mean())

    drawn = Remover("swift").compose(path, "#ffffff")
    assert green(drawn) < green(Remover("swift", edges="off").compose(path, "#ffffff")) / 4
    inner, rim = (drawn.pixels[:][where].mean(axis=0) for where in (inside, outline))
    assert (inner < rim).all()  # from the ball's colour to white


def test_the_sideways_photo_stands_upright_and_garbage_under_alpha_0_is_gone(
    quick: Remover, shared: Path
) -> None:
    stored = opened(shared / "cases/exif6.jpg")
    assert quick(shared / "cases/exif6.jpg").size == stored.size[::-1]
    own = np.asarray(opened(shared / "cases/already_cut_garbage_under_alpha0.png"))
    cutout = quick(shared / "cases/already_cut_garbage_under_alpha0.png")
    assert own[own[..., 3] == 0, :3].any()
    assert not cutout.rgba[own[..., 3] == 0].any()


@pytest.mark.parametrize("bad", [np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), 7, None])
def test_whatever_is_no_picture_is_a_value_among_the_others(quick: Remover, bad: object) -> None:
    results = [result for _, result in quick.map([photo(), bad, photo()])]  # type: ignore[list-item]
    assert [type(r) for r in results] == [u2net.Cutout, UnfitImageError, u2net.Cutout]


def test_remove_takes_a_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "load_engine", lambda *a, **o: Brightness())
    pipeline._shared_remover.cache_clear()
    assert u2net.remove(photo(), background="white").pixels.shape == (60, 90, 3)
    pipeline._shared_remover.cache_clear()


def test_an_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(UnknownModelError, match="lite"):
        Remover("nonesuch")(photo())
