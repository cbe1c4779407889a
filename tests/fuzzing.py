"""Mutants of picture files, network files and checkpoints, read in processes that may die.

`python tests/fuzzing.py --help` runs more of them than the suite does.
"""

import argparse
import json
import random
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from made_pictures import encoded, photo, png_chunk, rare, tiff_of, wide_rgb_profile
from u2net.errors import U2NetError
from u2net.pictures.animation import encode_frames
from u2net.pictures.decode import decode
from u2net.pictures.frames import frames_of
from u2net.pictures.limits import Limits

MEMORY = 3 << 30
"""Bytes of addresses that a child may take, its libraries included."""
PROCESSOR_S = 600
"""Of a child: a guard against a mutant that never ends."""
LIMITS = Limits(pixels=1_000_000, memory_bytes=1 << 28)
MOST_FRAMES = 20
_MOST_FINDINGS = 20
_TALKATIVE = {"tiff"}
"""libtiff writes of damage to stderr, and Pillow has no way to stop it."""

RGB = photo(24, 32)
FRAMES = [np.roll(RGB, 3 * at, axis=1) for at in range(3)]
RGBA = np.dstack([RGB, RGB[..., 0]])
DEEP = RGB.astype(np.uint16) * 257


def _exif() -> Image.Exif:
    found = Image.Exif()
    found[0x0112], found[0x010F], found[0x011A], found[0x011B] = 6, "Maker", 72.0, 72.0
    found[0x8769] = {0x9003: "2026:01:02 03:04:05"}
    return found


def _picture(mode: str) -> Image.Image:
    return Image.fromarray(RGB).convert(mode)


def _jpegs() -> list[bytes]:
    said = {"exif": _exif(), "icc_profile": wide_rgb_profile(), "dpi": (300, 300)}
    inks = encoded(_picture("CMYK"), "JPEG")
    many = [encoded(RGB, "JPEG", **options) for options in ({}, {"progressive": True}, said)]
    restarts = encoded(RGB, "JPEG", restart_marker_blocks=1)
    return [*many, restarts, encoded(_picture("L"), "JPEG"), inks]


def _pngs() -> list[bytes]:
    many = [encoded(_picture(mode)) for mode in ("RGB", "RGBA", "P", "LA", "1")]
    said = encoded(RGB, exif=_exif(), icc_profile=wide_rgb_profile(), dpi=(300, 300))
    grey = encoded(Image.fromarray(DEEP[..., 0]))
    return [*many, said, grey, encoded(_picture("P"), transparency=3), encode_frames(FRAMES, "png")]


def _tiffs() -> list[bytes]:
    packed = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd")
    many = [encoded(RGB, "TIFF", compression=kind) for kind in packed]
    modes = [encoded(_picture(mode), "TIFF") for mode in ("L", "P", "1", "CMYK", "LAB", "RGBA")]
    exif = Image.Exif()
    exif.load(_exif().tobytes())
    said = encoded(RGB, "TIFF", exif=exif, icc_profile=wide_rgb_profile(), dpi=(300, 300))
    fax = encoded(_picture("1"), "TIFF", compression="group4")
    floats = [tiff_of(RGB / np.float32(255), deflated=deflated) for deflated in (False, True)]
    return [*many, *modes, said, fax, *floats, tiff_of(DEEP), encode_frames(FRAMES, "tiff")]


def _webps() -> list[bytes]:
    options = ({}, {"lossless": True}, {"exif": _exif(), "icc_profile": wide_rgb_profile()})
    many = [encoded(RGB, "WEBP", **chosen) for chosen in options]
    return [*many, encoded(RGBA, "WEBP"), encode_frames(FRAMES, "webp")]


def _gifs() -> list[bytes]:
    clear = encoded(_picture("P"), "GIF", transparency=3, interlace=1)
    return [encoded(RGB, "GIF"), clear, encode_frames(FRAMES, "gif")]


def _bmps() -> list[bytes]:
    return [encoded(_picture(mode), "BMP") for mode in ("RGB", "RGBA", "P", "L", "1")]


def _avifs() -> list[bytes]:
    said = encoded(RGB, "AVIF", exif=_exif(), icc_profile=wide_rgb_profile(), speed=10)
    moving = [Image.fromarray(frame) for frame in FRAMES]
    animated = encoded(moving[0], "AVIF", save_all=True, append_images=moving[1:], speed=10)
    return [encoded(RGB, "AVIF", speed=10), encoded(RGBA, "AVIF", speed=10), said, animated]


def _jpeg2000s() -> list[bytes]:
    many = [encoded(RGB, "JPEG2000", **options) for options in ({}, {"no_jp2": True})]
    return [*many, encoded(RGBA, "JPEG2000"), encoded(RGB, "JPEG2000", irreversible=True)]


def _heics() -> list[bytes]:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    clear = Image.fromarray(np.dstack([photo(64, 64), photo(64, 64)[..., :1]]))
    return [encoded(photo(64, 64), "HEIF", exif=_exif()), encoded(clear, "HEIF")]


def _rare(kind: str) -> list[bytes]:
    return rare(RGB)[kind]


_SEEDS: dict[str, Callable[[], list[bytes]]] = {
    **{"jpeg": _jpegs, "png": _pngs, "tiff": _tiffs, "webp": _webps, "gif": _gifs},
    **{"bmp": _bmps, "avif": _avifs, "jpeg 2000": _jpeg2000s, "heic": _heics},
    **{kind.lower(): partial(_rare, kind) for kind in rare(RGB)},
}
KINDS = tuple(_SEEDS)

_TESTS = Path(__file__).parent
MODELS = ("model", "card", "calibration", "blob")
CHECKPOINTS = ("pth", "safetensors")


@cache
def seeds(kind: str) -> list[bytes]:
    """Whole files of a kind, to be changed."""
    return _SEEDS[kind]()


def mutant(kind: str, index: int) -> bytes:
    """The mutant of that number: the same whenever and wherever it is asked for."""
    rng = random.Random(f"{kind} {index}")
    data = bytearray(rng.choice(seeds(kind)))
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        rng.choice(_CHANGES)(data, rng)
        if not data:
            break
    # Else nearly all would end at the first checksum.
    return _mended_png(bytes(data)) if kind == "png" and rng.random() < 0.8 else bytes(data)


def _place(data: bytearray, rng: random.Random) -> int:
    """Anywhere, half of the time near the start, where headers are."""
    end = len(data) if rng.random() < 0.5 else min(len(data), 300)
    return rng.randrange(end)


def _flip(data: bytearray, rng: random.Random) -> None:
    data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, rng: random.Random) -> None:
    size = rng.choice((1, 2, 4, 8))
    number = rng.choice((0, 1, -1, 1 << (8 * size - 1), rng.getrandbits(8 * size)))
    at = _place(data, rng)
    order = rng.choice(("big", "little"))
    written = (number % (1 << 8 * size)).to_bytes(size, order)  # type: ignore[arg-type]
    data[at : at + size] = written[: len(data) - at]


def _lose(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 4, 40, len(data)))]


def _repeat(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    data[at:at] = data[at : at + rng.choice((1, 4, 40, 400))]


def _blank(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    end = min(len(data), at + rng.choice((4, 40, 400)))
    data[at:end] = bytes([rng.choice((0, 255))]) * (end - at)


_CHANGES = (_flip, _flip, _overwrite, _overwrite, _lose, _repeat, _blank)


def _mended_png(data: bytes) -> bytes:
    """`data` with checksums that are right, as far as it can be followed."""
    at, parts = 8, [data[:8]]
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if at + 12 + size > len(data):
            break
        parts.append(png_chunk(kind, content))
        at += 12 + size
    return b"".join([*parts, data[at:]])


@dataclass
class Tally:
    """What became of mutants."""

    read: int = 0
    refused: int = 0
    findings: list[str] = field(default_factory=list)


def fuzz(kind: str, first: int, number: int) -> Tally:
    """What becomes of that many mutants, in child processes; one that dies is gone round."""
    tally = Tally()
    at = first
    while at < first + number and len(tally.findings) < _MOST_FINDINGS:
        command = [sys.executable, __file__, "--child", kind, str(at), str(first + number - at)]
        done = subprocess.run(command, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            at, outcome, told = json.loads(line)
            tally.read += outcome == "read"
            tally.refused += outcome == "refused"
            if outcome == "wrong":
                tally.findings.append(f"{kind} {at}: {told}")
        if done.returncode or (done.stderr and kind not in _TALKATIVE):
            tally.findings.append(f"{kind} {at}: ends with {done.returncode}, {done.stderr[-300:]}")
        at += 1
    return tally


def fuzz_models(kind: str, first: int, number: int) -> Tally:
    """As `fuzz`, of network files and what is in them and kept of them."""
    tally, at = Tally(), first
    while at < first + number and len(tally.findings) < _MOST_FINDINGS:
        program = [str(_TESTS / "engines/mutants.py"), kind, str(at), str(first + number - at)]
        done = subprocess.run([sys.executable, *program], capture_output=True, text=True)
        for line in done.stdout.splitlines():
            at, outcome = json.loads(line)
            tally.read += outcome == "used"
            tally.refused += outcome == "refused"
            if outcome not in ("begun", "used", "refused"):
                tally.findings.append(f"{kind} {at}: {outcome}")
        if done.returncode:
            told = done.stderr[-300:]
            tally.findings.append(f"{kind} {at}: ends with {done.returncode}, {told}")
        at += 1
    return tally


def fuzz_checkpoints(kind: str, seed: int, number: int) -> Tally:
    """What becomes of that many checkpoints, which `seed` decides, in one process."""
    program = [str(_TESTS / "network/mutants.py"), kind, str(number), str(seed)]
    done = subprocess.run([sys.executable, *program], capture_output=True, text=True)
    if done.returncode:
        told = f"ends with {done.returncode}, {done.stderr[-300:]}"
        return Tally(findings=[f"{kind} of seed {seed}: {told}"])
    loaded, refused = (int(word) for word in done.stdout.split()[::2])
    return Tally(loaded, refused)


def _child(kind: str, first: int, number: int) -> None:
    """Decode mutants; a line for each, before and after, so that the last is known."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    for index in range(first, first + number):
        print(json.dumps((index, "begun", "")), flush=True)
        print(json.dumps((index, *_tried(mutant(kind, index), index))))


def _tried(data: bytes, index: int) -> tuple[str, str]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            sizes = list(_sizes(data, index))
        except U2NetError as error:
            lines = str(error).splitlines()
            outcome = ("refused", "") if len(lines) == 1 else ("wrong", f"lines: {lines}")
        except BaseException as error:
            outcome = ("wrong", repr(error))
        else:
            odd = [size for size in sizes if size[0] != (*size[1], 3)]
            outcome = ("wrong", str(odd)) if odd else ("read", "")
    return ("wrong", str(seen[0].message)) if seen else outcome


def _sizes(data: bytes, index: int) -> Iterator[tuple[tuple[int, ...], tuple[int, int]]]:
    if index % 2:
        found = decode(data, limits=LIMITS)
        yield found.rgb.shape, found.size_hw
        return
    for frame, _ in zip(frames_of(data, limits=LIMITS), range(MOST_FRAMES), strict=False):
        yield frame.photo.rgb.shape, frame.photo.size_hw


def _way(kind: str) -> Callable[[str, int, int], Tally]:
    if kind in MODELS:
        return fuzz_models
    return fuzz_checkpoints if kind in CHECKPOINTS else fuzz


def main() -> None:
    """Fuzz until the time is over; the findings are printed, and their files kept."""
    parser = argparse.ArgumentParser(description="Read mutants of what comes from strangers.")
    every = (*KINDS, *MODELS, *CHECKPOINTS)
    parser.add_argument("kinds", nargs="*", default=every, help=", ".join(every))
    parser.add_argument("--seconds", type=float, default=600, help="how long (600)")
    parser.add_argument("--first", type=int, default=3000, help="number of the first (3000)")
    parser.add_argument("--keep", type=Path, help="a folder for the files of findings")
    chosen = parser.parse_args()
    end = time.monotonic() + chosen.seconds
    found = False
    for first in count(chosen.first, 1000):
        for kind in chosen.kinds:
            if time.monotonic() > end:
                sys.exit(found)
            tally = _way(kind)(kind, first, 1000)
            print(f"{kind} {first}: {tally.read} read, {tally.refused} refused", flush=True)
            for finding in tally.findings:
                found = True
                print(finding, flush=True)
                if chosen.keep and kind in KINDS:
                    index = int(finding.removeprefix(kind + " ").split(":")[0])
                    (chosen.keep / f"{kind}-{index}").write_bytes(mutant(kind, index))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
