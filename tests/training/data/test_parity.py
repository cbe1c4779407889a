"""Training sees the colours that serving sees."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from made_pictures import (
    cmyk_profile,
    encoded,
    linear_grey_profile,
    oriented,
    photo,
    wide_rgb_profile,
)
from u2net.pictures.source import photo_of
from u2net.preprocess import to_input
from u2net.training.data.sources import pairs_source
from u2net.weights.card import Card

LARGE = photo(300, 480)


def in_mode(mode: str) -> Image.Image:
    return Image.fromarray(LARGE).convert(mode)


FILES: dict[str, bytes] = {
    "plain": encoded(LARGE, "JPEG", quality=95),
    "Display P3": encoded(LARGE, "JPEG", quality=95, icc_profile=wide_rgb_profile()),
    "turned": oriented(LARGE, 6, "JPEG", quality=95),
    "CMYK": encoded(in_mode("CMYK"), "JPEG", quality=95, icc_profile=cmyk_profile()),
    "grey": encoded(in_mode("L"), "PNG", icc_profile=linear_grey_profile()),
    "16 bits": encoded(Image.fromarray(LARGE[:, :, 0].astype(np.uint16) * 257), "PNG"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("longest", [160, 480])
def test_packed_pixels_are_what_the_network_is_served(
    tmp_path: Path, kind: str, longest: int
) -> None:
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    path = tmp_path / "images/a.png"
    path.write_bytes(FILES[kind])
    seen = photo_of(path)
    Image.new("1", seen.size_hw[::-1], 1).save(tmp_path / "masks/a.png")
    source = pairs_source(str(tmp_path))
    packed, _, _ = source.read(source.items[0], longest)
    card = replace(
        Card(name="plain"),
        size_hw=packed.shape[:2],
        mean=(0.0,) * 3,
        std=(1.0,) * 3,
        divide_by_max=False,
    )
    served = to_input(seen.rgb, card, icc_profile=seen.icc_profile).transpose(1, 2, 0) * 255
    assert np.abs(packed - served).max() <= 0.5
