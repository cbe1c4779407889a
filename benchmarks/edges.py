"""What every stage of edges brings on a matting set, beside rembg with the same weights.

    python benchmarks/edges.py SET [--model FILE.onnx] [--sizes 1mp small] [--right] [--rembg VENV]

SET is what mattes.py made. A row is a way to make a cut-out: errors of alpha in the band, summed
over the scenes of the kinds that settings were chosen by and of those that none was, and the mean
errors of the colour there, and where the truth is half transparent. With `--right` the maps are the
truth's, at the network's size and a little blurred: what edges do by themselves, whatever a network
finds. With VENV also what rembg makes of the same ONNX file, as rembg_pixels.py has it.
"""

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference import Rembg
from u2net.edges.foreground import foreground
from u2net.edges.grid import Grid, step_for
from u2net.edges.guided import guided
from u2net.edges.matting import matted
from u2net.edges.zoom import joined, second_look
from u2net.evaluation.measures.alpha import alpha_errors
from u2net.mask import enlarged, to_mask
from u2net.pictures.photo import Photo
from u2net.pictures.source import photo_of
from u2net.remover import Remover

WORKER = Path(__file__).with_name("edges_rembg_worker.py")
BLUR = 0.7
"""Of the truth's map, in its own pixels: a network is a little unsure where edges are."""
COLUMNS = (
    *("band_sad", "band_mse", "band_gradient", "band_connectivity"),
    *("band_colour", "mixed_colour"),
)

RGBA = NDArray[np.uint8]


def ways(photo: Photo, remover: Remover, truth: RGBA | None) -> Iterator[tuple[str, RGBA]]:
    """The name of each way, and what it makes; with a truth, of the truth's own map."""
    card = remover.load().card
    step = step_for(photo.size_hw, card.size_hw)
    if truth is not None:
        small = cv2.resize(truth[..., 3], card.size_hw[::-1], interpolation=cv2.INTER_AREA)
        mask = enlarged(cv2.GaussianBlur(small / np.float32(255), (0, 0), BLUR), photo.size_hw)
    else:
        saliency = remover.saliency([photo])[0]
        mask = to_mask(saliency, photo.size_hw, card)
    yield "off", layers(photo.rgb, mask)
    if truth is None and (box := second_look(saliency, photo.size_hw)):
        part = photo.within(box)
        closer = to_mask(remover.saliency([part])[0], part.size_hw, card)
        if (both := joined(mask, closer, box)) is not mask:
            mask, step = both, step_for(part.size_hw, card.size_hw)
    if truth is None:
        yield "+ zoom", layers(photo.rgb, mask)
    grid = Grid(photo.rgb, step)
    drawn = guided(grid, mask)
    yield "+ guided", layers(photo.rgb, drawn)
    yield "+ colour = fast", layers(foreground(grid, drawn, mask)[:], drawn)
    estimated = matted(photo.rgb, drawn)
    yield "matting", layers(foreground(grid, estimated, mask)[:], estimated)


def layers(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> RGBA:
    return np.dstack([np.where(alpha[..., None] > 0, rgb, 0), alpha])


def of_rembg(photos: list[Path], model: Path, environment: Path, out: Path) -> None:
    """What rembg makes of the photos, in the folder `out`."""
    with tempfile.TemporaryDirectory() as home:
        rembg = Rembg(environment, model, Path(home))
        command = [rembg.python, WORKER, out, *photos]
        subprocess.run(command, env=rembg.environment, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("made", type=Path)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--sizes", nargs="+", default=["1mp"])
    parser.add_argument("--right", action="store_true")
    parser.add_argument("--rembg", type=Path)
    asked = parser.parse_args()
    remover = Remover(asked.model, edges="off", precision="fp32")
    for part in ("tuned", "kept"):
        photos = sorted((asked.made / part / "images").glob("*.jpg"))
        photos = [p for p in photos if p.stem.rpartition("-")[2] in asked.sizes]
        found: dict[str, list[list[float]]] = {}
        with tempfile.TemporaryDirectory() as folder:
            if asked.rembg:
                of_rembg(photos, Path(asked.model), asked.rembg, Path(folder))
            for photo in photos:
                truth = np.asarray(Image.open(asked.made / part / f"alpha/{photo.stem}.png"))
                made = list(ways(photo_of(photo), remover, truth if asked.right else None))
                for file in sorted(Path(folder).glob(f"{photo.stem}-*.png")):
                    way = f"rembg {file.stem.rpartition('-')[2]}"
                    made.append((way, np.asarray(Image.open(file).convert("RGBA"))))
                for way, cutout in made:
                    errors = alpha_errors(cutout, truth, coloured=True)
                    values = [float(getattr(errors, name) or 0) for name in COLUMNS]
                    found.setdefault(way, []).append(values)
        tell(part, found)


def tell(part: str, found: dict[str, list[list[float]]]) -> None:
    """A table of one half of the set."""
    many = len(found["off"])
    columns = "way | SAD | of off, median | MSE | Grad | Conn | colour | mixed"
    print(f"\n{part}: {many} scenes\n\n| {columns} |\n|{'---|' * (columns.count('|') + 1)}")
    before = np.array(found["off"])
    for way, rows in found.items():
        errors = np.array(rows)
        sad, mse, gradient, connectivity, *_ = errors.sum(axis=0)
        ratio = np.median(errors[:, 0] / before[:, 0])
        colour, mixed = errors[:, 4:].mean(axis=0)
        print(
            f"| {way} | {sad:.1f} | {ratio:.2f} | {mse / many:.4f} | {gradient:.1f} | "
            f"{connectivity:.1f} | {colour:.4f} | {mixed:.4f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
