"""Runs inside rembg's own virtual environment: what rembg makes of photos, as arrays.

    python rembg_pixels_worker.py MODEL RESULT.npz PHOTO...

Its models are in U2NET_HOME. `official` is the authors' u2net_test.py, with the same network.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from rembg import new_session, remove
from rembg.sessions.base import BaseSession
from skimage import io, transform

from rembg_ways import WAYS


def official(session: BaseSession, photo: Path) -> np.ndarray:
    """The mask of u2net_test.py: RescaleT, ToTensorLab, normPRED, save_output."""
    pixels = io.imread(photo)
    pixels = pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]
    height, width = pixels.shape[:2]
    small = transform.resize(pixels, (320, 320), mode="constant")
    small = small / np.max(small)
    planes = np.zeros((320, 320, 3))
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    for at in range(3):
        source = 0 if small.shape[2] == 1 else at
        planes[:, :, at] = (small[:, :, source] - mean[source]) / std[source]
    name = session.inner_session.get_inputs()[0].name
    batch = planes.transpose(2, 0, 1)[None].astype(np.float32)
    saliency = session.inner_session.run(None, {name: batch})[0][0, 0]
    saliency = (saliency - saliency.min()) / (saliency.max() - saliency.min())
    levels = Image.fromarray(saliency * 255).convert("RGB")
    return np.array(levels.resize((width, height), resample=Image.BILINEAR))[:, :, 0]


def main() -> None:
    """Write one array for each photo and way, named PHOTO/WAY."""
    model, result, *photos = sys.argv[1:]
    session = new_session(model)
    found = {}
    for photo in map(Path, photos):
        for way, wishes in WAYS.items():
            with Image.open(photo) as image:
                try:
                    made = remove(image, session=session, **wishes)
                except Exception as error:  # matting, of what it cannot do
                    print(f"{photo.name} {way}: {error}", file=sys.stderr)
                else:
                    found[f"{photo.name}/{way}"] = np.asarray(made)
        if model != "u2net_cloth_seg":
            found[f"{photo.name}/official"] = official(session, photo)
    np.savez_compressed(result, **found)


main()
