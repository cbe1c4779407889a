"""What the made scenes show: each kind is a function of a generator, a size and a radius."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from made_mattes.layer import Floats, Layer, Stroke, draw

Generator = np.random.Generator
Colour = tuple[float, float, float]
Point = tuple[float, float]
Kind = Callable[[Generator, tuple[int, int], float], Layer]
"""Generator, (height, width) of the picture, radius of the object in pixels -> the object."""


def hair(rng: Generator, size_hw: tuple[int, int], radius: float) -> Layer:
    """A head of hair from behind: strands that rise, curl and fall, the fewer the farther out."""
    middle, colour = centre(size_hw), tint(rng, 20, 130)
    head = blob(rng, 0.75 * radius, 0.06)
    strokes = [filled(middle + head, colour)]
    for _ in range(4000):
        root = head[rng.integers(len(head))] * np.float32(rng.uniform(0.6, 1))
        away = root / np.hypot(*root) + rng.normal(0, 0.3, 2)
        side = np.array([-away[1], away[0]])
        t = np.linspace(0, 1, 22)[:, None]
        waves = np.sin(t * rng.uniform(2, 9)) * rng.uniform(-0.3, 0.3) * t
        fall = np.array([0, rng.uniform(0, 0.5)])
        length = radius * (0.05 + 0.4 * rng.uniform() ** 4)
        points = middle + root + length * (away * t + side * waves + fall * t**2)
        width = max(0.6, radius / 400) * rng.uniform(0.5, 1.6)
        strokes.append(Stroke(points.astype(np.float32), near(rng, colour, 30), width))
    return textured(rng, draw(strokes, size_hw))


def fur(rng: Generator, size_hw: tuple[int, int], radius: float) -> Layer:
    """A ball of short hairs that stand on end."""
    middle, colour = centre(size_hw), tint(rng, 60, 220)
    outline = blob(rng, 0.85 * radius, 0.12)
    strokes = [filled(middle + outline, colour)]
    for _ in range(7000):
        at = outline[rng.integers(len(outline))]
        inward = 1 - 0.5 * rng.uniform() ** 3
        away = at / np.hypot(*at) + rng.normal(0, 0.35, 2).astype(np.float32)
        bend = rng.normal(0, 0.3, 2).astype(np.float32)
        t = np.linspace(0, 1, 5, dtype=np.float32)[:, None]
        length = radius * rng.uniform(0.04, 0.17)
        points = middle + inward * at + length * (away * t + bend * t**2)
        width = max(0.5, radius / 500) * rng.uniform(0.5, 1.5)
        strokes.append(Stroke(points.astype(np.float32), near(rng, colour, 40), width))
    return textured(rng, draw(strokes, size_hw))


def lattice(rng: Generator, size_hw: tuple[int, int], radius: float) -> Layer:
    """A sieve with a handle: a frame, and bars across."""
    middle = centre(size_hw) - np.float32([0, 0.3 * radius])
    frame, string, grip = tint(rng, 30, 230), tint(rng, 140, 250), tint(rng, 20, 160)
    wide, tall = 0.72 * radius, 0.95 * radius
    thick, gap = 0.03 * radius * rng.uniform(0.8, 1.6), 0.27 * radius
    strokes = []
    for at in np.arange(-wide + gap / 2, wide, gap):
        reach = tall * np.sqrt(1 - (at / wide) ** 2)
        strokes.append(bar(middle, (at, -reach), (at, reach), string, thick))
    for at in np.arange(-tall + gap / 2, tall, gap):
        reach = wide * np.sqrt(1 - (at / tall) ** 2)
        strokes.append(bar(middle, (-reach, at), (reach, at), string, thick))
    ring = middle + ellipse(wide, tall)
    strokes += [
        Stroke(pair, frame, 0.12 * radius) for pair in np.stack([ring, np.roll(ring, -1, 0)], 1)
    ]
    strokes.append(bar(middle, (0, tall), (0, 2.0 * radius), grip, 0.2 * radius))
    return textured(rng, draw(strokes, size_hw))


def holes(rng: Generator, size_hw: tuple[int, int], radius: float) -> Layer:
    """A plate with round holes of all sizes."""
    middle, colour = centre(size_hw), tint(rng, 50, 230)
    strokes = [filled(middle + blob(rng, radius, 0.08), colour)]
    for size in 0.17 * radius * rng.uniform(0.1, 1, 40) ** 2:
        angle, far = rng.uniform(0, 2 * np.pi), 0.8 * radius * np.sqrt(rng.uniform())
        at = middle + np.float32([np.cos(angle), np.sin(angle)]) * far
        strokes.append(filled(at + ellipse(size, size), None))
    return textured(rng, draw(strokes, size_hw))


def blurred(rng: Generator, size_hw: tuple[int, int], radius: float) -> Layer:
    """A thing with limbs, out of focus."""
    middle, colour = centre(size_hw), tint(rng, 40, 230)
    strokes = [filled(middle + blob(rng, 0.7 * radius, 0.15), colour)]
    for angle in rng.uniform(0, 2 * np.pi, 6):
        tip = 1.1 * radius * np.cos(angle), 1.1 * radius * np.sin(angle)
        strokes.append(bar(middle, (0, 0), tip, near(rng, colour, 25), 0.16 * radius))
    layer = textured(rng, draw(strokes, size_hw))
    return layer.out_of_focus(radius * rng.uniform(0.012, 0.035))


def leaves(rng: Generator, size_hw: tuple[int, int], radius: float) -> Layer:
    """A plant: thin stalks, pointed leaves with hard edges."""
    foot = centre(size_hw) + np.float32([0, radius])
    stalk, colour = tint(rng, 30, 120), tint(rng, 60, 230)
    pot = ellipse(0.5 * radius, 0.45 * radius) + foot
    strokes = [filled(pot, tint(rng, 60, 230))]
    for _ in range(16):
        t = np.linspace(0, 1, 12, dtype=np.float32)[:, None]
        lean, bend = rng.uniform(-0.9, 0.9), rng.uniform(-0.5, 0.5)
        height = radius * rng.uniform(0.9, 1.9)
        line = foot + height * np.hstack([lean * t + bend * t**2, -t * 0.95])
        strokes.append(Stroke(line.astype(np.float32), stalk, max(1.0, 0.014 * radius)))
        strokes += [leaf(rng, line[n], radius, near(rng, colour, 40)) for n in range(4, 12, 2)]
    return textured(rng, draw(strokes, size_hw))


def leaf(rng: Generator, root: Floats, radius: float, colour: Colour) -> Stroke:
    """A pointed leaf that starts at `root`."""
    angle, length = rng.uniform(-np.pi, 0), radius * rng.uniform(0.15, 0.4)
    t = np.linspace(0, 1, 20, dtype=np.float32)
    half = 0.17 * np.sin(np.pi * t).clip(0) ** 0.8
    outline = np.concatenate([np.stack([t, half], 1), np.stack([t, -half], 1)[::-1]])
    turn = np.float32([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return filled((root + length * outline @ turn).astype(np.float32), colour)


def cutout(path: Path) -> Kind:
    """The kind that shows the RGBA picture in `path`, enlarged, its edge as sharp as before."""

    def kind(rng: Generator, size_hw: tuple[int, int], radius: float) -> Layer:
        rgba = np.asarray(Image.open(path).convert("RGBA")).astype(np.float32)
        alpha = rgba[..., 3] / 255
        scale = 2 * radius / max(alpha.shape)
        size = tuple(round(side * scale) for side in alpha.shape[::-1])
        colour = cv2.resize(rgba[..., :3] * alpha[..., None], size, interpolation=cv2.INTER_CUBIC)
        soft = cv2.resize(alpha, size, interpolation=cv2.INTER_CUBIC).clip(0, 1)
        straight = colour / np.maximum(soft, 0.02)[..., None]
        sharp = ((soft - 0.5) * max(1, scale / 1.5) + 0.5).clip(0, 1) if scale > 1.5 else soft
        middle = centre(size_hw) - np.float32(size) / 2
        placed = np.float32([[1, 0, round(middle[0])], [0, 1, round(middle[1])]])
        planes = [sharp, straight.clip(0, 255) * sharp[..., None]]
        return textured(rng, Layer(*(cv2.warpAffine(p, placed, size_hw[::-1]) for p in planes)))

    return kind


TUNED: dict[str, Kind] = {"hair": hair, "lattice": lattice, "blurred": blurred}
"""The kinds that settings were chosen by."""
KEPT: dict[str, Kind] = {"fur": fur, "holes": holes, "leaves": leaves}
"""The kinds that no setting was chosen by."""
KINDS = TUNED | KEPT


def textured(rng: Generator, layer: Layer) -> Layer:
    """Light and shade of all scales, and grain."""
    height, width = layer.alpha.shape
    shade = np.ones((height, width), np.float32)
    for cells, strength in ((3, 0.22), (14, 0.12), (90, 0.1)):
        grid = rng.normal(0, strength, (cells, cells)).astype(np.float32)
        shade += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    shade += 0.02 * rng.standard_normal((height, width), dtype=np.float32)
    return layer.shaded(shade.clip(0.35, 1.6))


def centre(size_hw: tuple[int, int]) -> Floats:
    """The middle, (x, y)."""
    return np.float32(size_hw[::-1]) / 2


def ellipse(wide: float, tall: float) -> Floats:
    """An outline around the origin."""
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    return np.stack([wide * np.cos(angle), tall * np.sin(angle)], 1).astype(np.float32)


def blob(rng: Generator, radius: float, rough: float) -> Floats:
    """A round outline with bulges."""
    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    waves = sum(
        rng.normal(0, rough / n) * np.cos(n * angle + rng.uniform(0, 2 * np.pi))
        for n in range(2, 8)
    )
    far = radius * (1 + waves)
    return np.stack([far * np.cos(angle), far * np.sin(angle)], 1).astype(np.float32)


def filled(outline: Floats, colour: Colour | None) -> Stroke:
    """A polygon."""
    return Stroke(outline.astype(np.float32), colour, filled=True)


def bar(middle: Floats, start: Point, end: Point, colour: Colour, width: float) -> Stroke:
    """A straight piece, from and to places seen from `middle`."""
    return Stroke(middle + np.float32([start, end]), colour, width)


def tint(rng: Generator, low: float, high: float) -> Colour:
    """A colour between two levels."""
    red, green, blue = rng.uniform(low, high, 3).tolist()
    return red, green, blue


def near(rng: Generator, colour: Colour, spread: float) -> Colour:
    """A colour like another, brighter or darker."""
    red, green, blue = np.clip(np.array(colour) + rng.normal(0, spread), 4, 250).tolist()
    return red, green, blue
