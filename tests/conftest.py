"""Fixtures that every area uses."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Torch and its exporter make millions of objects, nearly all to stay: seven hundred more, as Python
# has it, are no reason to look for garbage among them.
gc.set_threshold(20_000, 20, 20)

# A busy machine fails no test.
settings.register_profile("u2net", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("u2net")

SHARED = Path(__file__).parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no process is left alone with one in the end."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's folders of cache and models are let alone, by processes that tests start too."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "U2NET_MODELS", "U2NET_HOME", "REMBG_HOME", "XDG_DATA_HOME"):
            patch.setenv(name, os.fspath(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of weights, goldens and data beside the checkout; without it the test skips."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with weights and data is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def onnx_file() -> Callable[[dict[str, str]], bytes]:
    """Makes an ONNX file of one node, written by the onnx package, with the given metadata."""
    from onnx import helper

    def make(metadata: dict[str, str]) -> bytes:
        x, y = (helper.make_tensor_value_info(name, 1, [1]) for name in "xy")
        model = helper.make_model(
            helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
        )
        helper.set_model_props(model, metadata)
        return bytes(model.SerializeToString())

    return make


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of one convolution, `small.onnx`: for what is to be known of any network at all."""
    import tiny

    from u2net.weights.card import KEY, Card

    card = Card(name="small", size_hw=(32, 32))
    path = tmp_path_factory.mktemp("small") / "small.onnx"
    path.write_bytes(tiny.with_metadata(tiny.saliency(), {KEY: card.to_json()}))
    return path


def draw_pairs(
    folder: Path, *, count: int = 8, seed: int = 0, layout: tuple[str, str] = ("images", "masks")
) -> Path:
    """Bright ellipses on dark noise, with their masks."""
    rng = np.random.default_rng(seed)
    for name in layout:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        height, width = (int(side) for side in rng.integers(40, 72, 2))
        mask = np.zeros((height, width), np.uint8)
        axes = (int(width * rng.uniform(0.15, 0.4)), int(height * rng.uniform(0.15, 0.4)))
        cv2.ellipse(
            mask, (width // 2, height // 2), axes, float(rng.uniform(0, 90)), 0, 360, 255, -1
        )
        noise = rng.integers(0, 90, (height, width, 3), np.uint8)
        colour = rng.integers(120, 255, 3, np.uint8)
        image = np.where(mask[:, :, None] > 0, colour, noise)
        cv2.imwrite(str(folder / layout[0] / f"p{number}.jpg"), image)
        cv2.imwrite(str(folder / layout[1] / f"p{number}.png"), mask)
    return folder


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Eight pairs."""
    return draw_pairs(tmp_path / "set")


@pytest.fixture
def make_pairs() -> Callable[..., Path]:
    """`draw_pairs`, for tests that need several sets."""
    return draw_pairs
