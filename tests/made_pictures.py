"""Pictures and colour profiles that tests make for themselves."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def photo(height: int = 60, width: int = 90, seed: int = 0) -> NDArray[np.uint8]:
    """RGB: a bright disc on a dark slope, with a little noise, and no symmetry."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / max(height, width)
    disc = np.hypot(y - 0.3, x - 0.4) < 0.2
    slope = 20 + 60 * x + 20 * y
    rgb = np.stack([slope + 150 * disc, slope + 100 * disc, slope + 40 * disc], axis=-1)
    return (rgb + rng.uniform(0, 8, rgb.shape)).clip(0, 255).astype(np.uint8)


def encoded(image: Image.Image | NDArray[Any], kind: str = "PNG", **options: Any) -> bytes:
    """`image` as a file, written by Pillow."""
    if not isinstance(image, Image.Image):
        image = Image.fromarray(image)
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def rare(rgb: NDArray[np.uint8]) -> dict[str, list[bytes]]:
    """Files of formats that few use: the name of each as ours, some files of it."""
    grey, clear = rgb[..., 0], Image.fromarray(np.dstack([rgb, rgb[..., 0]]))
    picture = Image.fromarray(rgb)
    height, width = grey.shape
    size = f"{width} {height}".encode()
    numbers = " ".join(map(str, rgb.ravel())).encode()
    modes = [picture.convert(mode) for mode in ("RGB", "L", "P", "1")]
    dotted = encoded(clear, "ICO", bitmap_format="bmp")
    pcx = [encoded(one, "PCX") for one in modes]
    return {
        "Netpbm": [
            *(encoded(picture.convert(mode), "PPM") for mode in ("RGB", "L", "1")),
            b"P6\n# said\n" + size + b"\n65535\n" + (rgb.astype(">u2") * 257).tobytes(),
            b"P5 " + size + b" 100\n" + (grey // 3).astype(np.uint8).tobytes(),
            encoded(Image.fromarray(grey / np.float32(255)), "PPM"),
            b"P3\n" + size + b"\n255\n" + numbers + b"\n",
            b"P2\n" + size + b"\n1000\n" + numbers[: numbers.index(b" ")] + b" 7" * grey.size,
        ],
        "TGA": [
            *(encoded(picture.convert(mode), "TGA") for mode in ("RGB", "L", "P")),
            encoded(clear, "TGA"),
            encoded(picture, "TGA", compression="tga_rle"),
        ],
        "ICO": [encoded(clear, "ICO"), dotted],
        "CUR": [b"\0\0\2" + encoded(clear, "ICO", bitmap_format="bmp", sizes=[(16, 16)])[3:]],
        "ICNS": [
            _icns(ic12=encoded(clear.resize((64, 64)))),
            _icns(is32=np.asarray(picture.resize((16, 16))).tobytes(), s8mk=bytes(range(256))),
        ],
        "PCX": pcx,
        "DCX": [struct.pack("<4I", 0x3ADE68B1, 16, 16 + len(pcx[0]), 0) + pcx[0] + pcx[0]],
        "QOI": [encoded(picture, "QOI"), encoded(clear, "QOI")],
        "SGI": [encoded(one, "SGI") for one in (picture, clear, modes[1])],
        "DDS": [
            *(encoded(picture, "DDS"), encoded(clear, "DDS"), encoded(modes[1], "DDS")),
            encoded(clear, "DDS", pixel_format="DXT5"),
        ],
        "PSD": [psd_of(rgb), psd_of(rgb, merged=True), psd_of(np.asarray(clear), clear=True)],
        "Sun raster": [
            struct.pack(">8I", 0x59A66A95, width, height, 24, rgb.size, 1, 0, 0)
            + rgb[..., ::-1].tobytes()
        ],
        "XBM": [encoded(modes[3], "XBM")],
        "XPM": [_xpm(grey > 100)],
        "MSP": [encoded(modes[3], "MSP")],
    }


def psd_of(pixels: NDArray[np.uint8], *, merged: bool | None = None, clear: bool = False) -> bytes:
    """A Photoshop document of 3 or 4 channels; `clear` says that the fourth is transparency."""
    height, width, channels = pixels.shape
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, height, width, 8, 3)
    said = b"" if merged is None else b"8BIM" + struct.pack(">HHIIB", 1057, 0, 5, 1, merged) + b"\0"
    layers = struct.pack(">Ih", 2, -1) + bytes(2) if clear else b""
    parts = (b"", said, layers)
    planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0)).tobytes()
    return head + b"".join(struct.pack(">I", len(p)) + p for p in parts) + b"\0\0" + planes


def _icns(**parts: bytes) -> bytes:
    blocks = [name.encode() + struct.pack(">I", 8 + len(one)) + one for name, one in parts.items()]
    return b"icns" + struct.pack(">I", 8 + sum(map(len, blocks))) + b"".join(blocks)


def _xpm(bits: NDArray[np.bool_]) -> bytes:
    height, width = bits.shape
    lines = [f"{width} {height} 2 1", "a c #000000", "b c #ffffff"]
    lines += ["".join("ab"[bit] for bit in line) for line in bits.astype(int)]
    quoted = ",\n".join(f'"{line}"' for line in lines)
    return f"/* XPM */\nstatic char *im[] = {{\n{quoted}\n}};\n".encode()


def decoded(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a file, read by Pillow."""
    return np.asarray(Image.open(BytesIO(data)))


def opened(path: str | Path) -> Image.Image:
    """A file as Pillow sees it, and closed again."""
    return Image.open(BytesIO(Path(path).read_bytes()))


def oriented(rgb: NDArray[np.uint8], orientation: int, kind: str = "PNG", **options: Any) -> bytes:
    """A file whose EXIF says how to turn its pixels so that `rgb` is seen."""
    stored = {
        1: rgb,
        2: rgb[:, ::-1],
        3: rgb[::-1, ::-1],
        4: rgb[::-1],
        5: rgb.swapaxes(0, 1),
        6: np.rot90(rgb),
        7: rgb[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(rgb, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(np.ascontiguousarray(stored), kind, exif=exif, **options)


def wide_rgb_profile() -> bytes:
    """A matrix profile with the primaries of Display P3 and gamma 2.2."""
    columns = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _gamma(2.2))
    return _icc(b"RGB ", b"XYZ ", {tag: _xyz(*v) for tag, v in columns.items()} | curves)


def linear_grey_profile() -> bytes:
    """Grey whose levels are light, not sRGB's curve."""
    return _icc(b"GRAY", b"XYZ ", {b"kTRC": _gamma(1.0)})


def cmyk_profile() -> bytes:
    """A table of two points an ink: no ink is white, cyan is red-free, black is black."""
    identity = bytes(range(256))
    corners = np.array(np.meshgrid(*[[0, 1]] * 4, indexing="ij")).reshape(4, -1).T
    table = b"".join(_lab_of(corner) for corner in corners)
    head = struct.pack(">4s4xBBBx", b"mft1", 4, 3, 2)
    matrix = struct.pack(">9i", *(int(v * 65536) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    return _icc(b"CMYK", b"Lab ", {b"A2B0": head + matrix + identity * 4 + table + identity * 3})


def input_only_profile() -> bytes:
    """RGB as a scanner sees it (class scnr): a table that leads out of its space, none back."""
    identity = bytes(range(256))
    corners = np.array(np.meshgrid(*[[0, 1]] * 3, indexing="ij")).reshape(3, -1).T
    table = b"".join(
        bytes((int(255 * (0.3 * r + 0.6 * g + 0.1 * b)), 128 + 60 * (r - g), 128 + 60 * (g - b)))
        for r, g, b in corners.tolist()
    )
    head = struct.pack(">4s4xBBBx", b"mft1", 3, 3, 2)
    matrix = struct.pack(">9i", *(int(v * 65536) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    lut = head + matrix + identity * 3 + table + identity * 3
    return _icc(b"RGB ", b"Lab ", {b"A2B0": lut}, b"scnr")


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG, with its checksum."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def png_of(header: bytes, chunks: bytes) -> bytes:
    """A PNG of a header and of chunks that need not go together."""
    start = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    return start + chunks + png_chunk(b"IEND", b"")


def tiff_of(
    pixels: NDArray[Any],
    *,
    lines: int = 16,
    deflated: bool = False,
    tags: dict[int, int] | None = None,
    apart: bool = False,
) -> bytes:
    """A TIFF of (H, W, C) numbers of any kind, in strips of `lines`, with more `tags`.

    With `apart` they are (C, H, W), and each colour has strips of its own.
    """
    planes = pixels if apart else pixels[None]
    height, width = planes.shape[1:3]
    samples = len(planes) if apart else planes.shape[3]
    order = ">" if pixels.dtype.byteorder == ">" else "<"
    strips = [
        plane[top : top + lines].tobytes() for plane in planes for top in range(0, height, lines)
    ]
    if deflated:
        strips = [zlib.compress(strip) for strip in strips]
    starts = [8 + sum(map(len, strips[:at])) for at in range(len(strips))]
    after = 8 + sum(map(len, strips))
    values: dict[int, list[int]] = {
        **{256: [width], 257: [height], 258: [pixels.itemsize * 8] * samples},
        **{259: [8 if deflated else 1], 262: [2], 273: starts, 277: [samples], 278: [lines]},
        **{279: [len(strip) for strip in strips], 284: [1 + apart]},
        **({338: [2]} if samples == 4 else {}),
        339: [3 if pixels.dtype.kind == "f" else 1] * samples,
    }
    values |= {tag: [value] for tag, value in (tags or {}).items()}
    entries, far = b"", b""
    for tag, numbers in sorted(values.items()):
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(numbers) > 1:
            packed, far = struct.pack(order + "I", after + len(far)), far + packed
        entries += struct.pack(order + "HHI", tag, 4, len(numbers)) + packed
    header = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, after + len(far))
    directory = struct.pack(order + "H", len(values)) + entries + bytes(4)
    return header + b"".join(strips) + far + directory


def _lab_of(cmyk: NDArray[np.int_]) -> bytes:
    cyan, magenta, yellow, black = (int(v) for v in cmyk)
    lightness = 255 - 60 * (cyan + magenta) - 20 * yellow
    a, b = 128 + 60 * (magenta - cyan), 128 + 60 * yellow - 50 * cyan
    return bytes((10, 128, 128)) if black else bytes((lightness, min(a, 255), min(b, 255)))


def _gamma(value: float) -> bytes:
    return struct.pack(">4s4xIH2x", b"curv", 1, round(value * 256))


def _xyz(*values: float) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(v * 65536) for v in values))


def _icc(
    space: bytes, connection: bytes, tags: dict[bytes, bytes], kind: bytes | None = None
) -> bytes:
    """A version 2.1 profile (ICC.1:1998-09)."""
    description = struct.pack(">4s4xI5s", b"desc", 5, b"test\0") + bytes(79)
    tags = tags | {b"wtpt": _xyz(0.9642, 1.0, 0.8249), b"desc": description}
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind = kind or (b"prtr" if space == b"CMYK" else b"mntr")
    size = start + len(body)
    header = struct.pack(
        ">I4sI4s4s4s12x4s", size, b"lcms", 0x02100000, kind, space, connection, b"acsp"
    )
    header += bytes(28) + _xyz(0.9642, 1.0, 0.8249)[8:]
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
