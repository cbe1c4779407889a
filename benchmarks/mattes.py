"""A matting set, made: pictures, and RGBA truth with exact alpha and known foreground colour.

    python benchmarks/mattes.py PHOTOS SET [--cutouts FOLDER]

PHOTOS are photographs without a striking object, at any depth of folders; those below are used
where they are there, and each is cut to the sizes it has room for:

    apt-get download lomiri-wallpapers-16.04 mate-backgrounds && dpkg -x … PHOTOS

FOLDER holds RGBA pictures named emoji_… and eth80_…; they are enlarged. SET gets two data sets,
`tuned` (kinds that settings were chosen by) and `kept` (kinds that none was), of JPEG files in
`images/` and RGBA PNG files in `alpha/`.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
from PIL import Image

from made_mattes.kinds import KEPT, TUNED, Kind, cutout
from made_mattes.scene import make
from u2net.pictures.source import photo_of

SIZES = {"1mp": 1.0, "4mp": 4.0, "12mp": 12.0, "small": 4.0}
"""Megapixels by name; in `small` ones the object is."""
SMALL = 0.11
"""Share of the shorter side that is a small object's radius; 0.4 is the others'."""
BLUR = 0.006
"""Share of it that is the standard deviation by which every other photo is out of focus."""

PHOTOS = (
    *("aitzgorri_by_Aitzol_Berasategi", "picosdeeuropa_by_Aitzol_Berasategi"),
    *("sunset_by_Aitzol_Berasategi", "Dragonfly_by_Bolly", "Bridge_by_Sander_Klootwijk"),
    *("Dune", "GreenMeadow", "Wood", "RainDrops", "Storm"),
)
"""Stems."""


def main() -> None:
    """Write the sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("made", type=Path)
    parser.add_argument("--cutouts", type=Path)
    asked = parser.parse_args()
    photos = {path.stem: path for path in asked.photos.rglob("*.jpg") if path.stem in PHOTOS}
    emoji, toys = (cutouts_of(asked.cutouts, name) for name in ("emoji_*", "eth80_*"))
    for name, kinds in (("tuned", TUNED | emoji), ("kept", KEPT | toys)):
        for stem, kind, size in scenes(kinds):
            write(asked.made / name, stem, kind, size, photos)


def scenes(kinds: dict[str, Kind]) -> Iterator[tuple[str, Kind, str]]:
    """The name of each scene, its kind, and the name of its size."""
    for name, kind in kinds.items():
        for size in SIZES:
            yield f"{name}-{size}", kind, size


def cutouts_of(folder: Path | None, pattern: str) -> dict[str, Kind]:
    """Three of the RGBA pictures, far apart, each a kind of its own."""
    found = sorted(folder.glob(pattern)) if folder else []
    return {path.stem: cutout(path) for path in found[:: max(1, len(found) // 3)][:3]}


def write(place: Path, stem: str, kind: Kind, size: str, photos: dict[str, Path]) -> None:
    """One scene; its seed and its photo follow from its name."""
    seed = crc32(stem.encode())
    area = SIZES[size] * 1e6
    fit = sorted(path for path in photos.values() if room(path) >= 0.85 * area)
    photo = photo_of(fit[seed % len(fit)]).rgb
    aspect = 3 / 4 if photo.shape[0] < photo.shape[1] else 4 / 3
    size_hw = round(np.sqrt(area * aspect)), round(np.sqrt(area / aspect))
    share = SMALL if size == "small" else 0.4
    blur = BLUR if seed % 2 else 0
    scene = make(kind, photo, size_hw, seed=seed, share=share, blur=blur)
    for folder in ("images", "alpha"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    Image.fromarray(scene.rgb).save(place / f"images/{stem}.jpg", quality=95, subsampling="4:4:4")
    Image.fromarray(scene.truth).save(place / f"alpha/{stem}.png", compress_level=1)
    print(place.name, stem, fit[seed % len(fit)].stem, f"{size_hw[1]}×{size_hw[0]}")


def room(path: Path) -> int:
    """Pixels of a photo, from its header."""
    with Image.open(path) as image:
        return image.width * image.height


if __name__ == "__main__":
    main()
