"""Pictures worth looking at -> rows of thumbnails for the report: photo, truth, map."""

import base64
from collections.abc import Iterable
from html import escape
from pathlib import Path

import cv2
import numpy as np

from u2net.data.truth import read_truth
from u2net.errors import ImageError, U2NetError
from u2net.evaluation.maps import Plane, as_map, fit
from u2net.evaluation.measures.vector import RANKING_MEASURE
from u2net.evaluation.report.rows import COLUMNS, brief
from u2net.evaluation.score import Result
from u2net.pictures.source import photo_of

WORST_AND_BEST = 6
"""Pictures shown of either kind."""

SIDE = 200
"""Longer side of a thumbnail in pixels."""


def extremes(result: Result) -> tuple[list[str], list[str]]:
    """Stems of the worst pictures by `RANKING_MEASURE`, and of the best, from the end inwards."""
    ranked = sorted(result.tally.rows, key=lambda stem: result.tally.rows[stem][RANKING_MEASURE])
    count = min(WORST_AND_BEST, len(ranked))
    return ranked[:count], ranked[::-1][: min(count, len(ranked) - count)]


def strip(results: Iterable[Result], stem: str) -> str:
    """HTML: photo, truth and the map of each result, with the scores of that picture."""
    results = list(results)
    data = results[0].data
    truth, _ = read_truth(data.truths[stem], soft=data.soft)
    shown = [("truth", truth)]
    if stem in data.photos:
        shown.insert(0, photo(data.photos[stem]))
    for result in results:
        row = result.tally.rows[stem]
        name = escape(result.source.name) if len(results) > 1 else "map"
        scores = " ".join(
            f"{COLUMNS[measure][:-2]}&nbsp;{brief(row[measure], 3)}"
            for measure in (RANKING_MEASURE, "mae")
        )
        plane, _ = fit(as_map(result.source.plane(data, stem))[0], truth.shape)
        shown.append((f"{name} <span>{scores}</span>", plane))
    cells = "".join(
        f'<div><img src="{thumbnail(plane)}" alt="" loading=lazy><small>{text}</small></div>'
        for text, plane in shown
    )
    return f"<figure><figcaption>{escape(stem)}</figcaption><div>{cells}</div></figure>"


def photo(path: Path) -> tuple[str, Plane]:
    """Caption and colours of a photo, (H, W, 3); a grey pixel when it cannot be read."""
    try:
        return "photo", photo_of(path, at_least=2 * SIDE).rgb
    except ImageError:
        return "photo: cannot be read", np.full((1, 1, 3), 128, np.uint8)


def thumbnail(plane: Plane) -> str:
    """A small picture as a `data:` address."""
    pixels = plane if plane.dtype == np.uint8 else np.rint(plane * 255).astype(np.uint8)
    scale = SIDE / max(pixels.shape[:2])
    size_wh = [max(1, round(scale * side)) for side in pixels.shape[1::-1]]
    small = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)
    if small.ndim == 3:
        small = small[..., ::-1]
    done, data = cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, 80])
    if not done:
        raise U2NetError("a thumbnail could not be encoded as WebP")
    return f"data:image/webp;base64,{base64.b64encode(data.tobytes()).decode()}"
