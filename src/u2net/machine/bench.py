"""This machine's speed: the network by engine and precision, and each step of the line by size."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from u2net.arrays import RGB
from u2net.cutout import cut_out
from u2net.engines import PRECISIONS, Engine, load_engine
from u2net.errors import EngineError
from u2net.machine.doctor import available
from u2net.machine.turns import Timing, in_turns, timing
from u2net.pictures.decode import decode
from u2net.pictures.encode import encode
from u2net.pictures.resample import resize
from u2net.remover import Remover
from u2net.weights.catalog import Model

MEGAPIXELS = (0.1, 1.0, 6.0, 24.0)
PHOTO = Path(__file__).parents[1] / "export" / "photos" / "cat.webp"
"""Brought to every size when no other photo is given."""


def network(model: Model, rounds: int) -> list[Timing]:
    """One picture through the network, engine by engine and precision by precision.

    They take turns in every round, so that a machine that slows down slows all alike. ONNX Runtime
    in fp32, what most tools use, comes first where it is installed: the baseline.
    """
    engines = dict(_engines(model))
    shape = (1, len(model.card.mean), *model.card.size_hw)
    batch = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    return in_turns({name: _call(engine, batch) for name, engine in engines.items()}, rounds)


def steps(model: Model, photo: RGB, megapixels: float, rounds: int) -> list[Timing]:
    """JPEG to PNG cut-out of `photo` at `megapixels`, by the step; `all` comes last."""
    remover = Remover(model.name)
    remover.load()
    jpeg = encode(scaled(photo, megapixels), "jpg")
    spent: dict[str, list[float]] = {}
    for at in range(rounds + 1):
        for name, seconds in _line(jpeg, remover):
            if at:  # the first fills caches
                spent.setdefault(name, []).append(seconds)
    return [timing(name, values) for name, values in spent.items()]


def scaled(photo: RGB, megapixels: float) -> RGB:
    """`photo` at about that many million pixels, its proportions kept."""
    height, width = photo.shape[:2]
    scale = (megapixels * 1e6 / (height * width)) ** 0.5
    size_hw = max(1, round(height * scale)), max(1, round(width * scale))
    if scale < 1:
        return resize(photo, size_hw)
    return np.asarray(cv2.resize(photo, size_hw[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def _engines(model: Model) -> Iterator[tuple[str, Engine]]:
    # All of them, whether they hold quality or not: this is about speed.
    card = replace(model.card, precisions=PRECISIONS)
    for name in sorted(available()):
        for precision in PRECISIONS:
            try:
                engine = load_engine(model.data, card, engine=name, precision=precision)
            except EngineError:
                continue
            yield f"{name} {precision}", engine


def _call(engine: Engine, batch: Any) -> Callable[[], Any]:
    return lambda: engine(batch)


def _line(jpeg: bytes, remover: Remover) -> Iterator[tuple[str, float]]:
    """The steps of `Remover`, with the seconds each took."""
    start = last = time.perf_counter()

    def since() -> float:
        nonlocal last
        before, last = last, time.perf_counter()
        return last - before

    photo = decode(jpeg)
    yield "decode", since()
    mask: Any = None
    colours: Any = None
    for name, value in remover.steps(photo, coloured=True):
        if name == "colours":
            colours = value
        else:
            mask = value  # at last
        yield name, since()
    cut_out(photo, mask, colours).encode("png")
    yield "encode", since()
    yield "all", time.perf_counter() - start
