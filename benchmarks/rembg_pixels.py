"""The pixels of u2net.compat beside those of rembg and of the authors' script, same weights.

    python benchmarks/rembg_pixels.py --model u2netp.onnx --photos FOLDER [--rembg VENV]

MODEL is U²-Net or U²-Net† as ONNX; PHOTOS a folder of pictures. rembg is installed into VENV unless
it is there, and finds the same file as its model u2net. A table goes to stdout: for each way of
asking, the largest difference of any value of any photo, in levels of 255, and the share of values
that differ at all.
"""

import argparse
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from inference import Rembg
from rembg_ways import WAYS
from u2net.compat.as_official import mask_of
from u2net.compat.rembg import new_session, remove
from u2net.errors import ExtraMissingError
from u2net.remover import Remover

WORKER = Path(__file__).with_name("rembg_pixels_worker.py")


def theirs(rembg: Rembg, model: str, photos: list[Path], folder: Path) -> dict[str, np.ndarray]:
    """What rembg makes, by `PHOTO/WAY`."""
    result = folder / "theirs.npz"
    command = [rembg.python, WORKER, model, result, *photos]
    subprocess.run(command, env=rembg.environment, check=True)
    with np.load(result) as found:
        return dict(found)


def ours(model: Path, photos: list[Path], engine: str) -> Iterator[tuple[str, np.ndarray]]:
    """What this package makes, by `PHOTO/WAY`."""
    providers = [] if engine == "openvino" else ["CPUExecutionProvider"]
    session = new_session(model_path=os.fspath(model), providers=providers)
    remover = Remover(model, engine=engine, precision="fp32")
    for photo in photos:
        with Image.open(photo) as image:
            for way, wishes in WAYS.items():
                try:
                    yield (
                        f"{photo.name}/{way}",
                        np.asarray(remove(image, session=session, **wishes)),
                    )
                except ExtraMissingError as error:
                    print(error)
            yield f"{photo.name}/official", mask_of(image, *remover.load())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--rembg", type=Path, default=Path("rembg-venv"))
    parser.add_argument("--engine", default="openvino", choices=["openvino", "onnxruntime"])
    args = parser.parse_args()
    photos = sorted(path for path in args.photos.iterdir() if path.is_file())
    with tempfile.TemporaryDirectory() as folder:
        rembg = Rembg(args.rembg, args.model, Path(folder), name="u2net")
        wanted = theirs(rembg, "u2net", photos, Path(folder))
    worst: dict[str, list[float]] = {}
    for name, found in ours(args.model, photos, args.engine):
        if name in wanted:
            apart = np.abs(found.astype(int) - wanted[name])
            most, share = worst.setdefault(name.rpartition("/")[2], [0, 0.0])
            way = worst[name.rpartition("/")[2]]
            way[:] = max(most, int(apart.max())), share + float((apart > 0).mean()) / len(photos)
    print(f"{len(photos)} photos, {args.engine}, rembg {rembg.version()}")
    print("| way | largest difference | values that differ |\n|---|---|---|")
    for way, (most, share) in worst.items():
        print(f"| {way} | {most:.0f} | {share:.3%} |")


if __name__ == "__main__":
    main()
