"""Loads damaged copies of a small checkpoint: `python mutants.py pth|safetensors COUNT [SEED]`.

Prints `N loaded M refused`. Ends in a traceback when one is refused by another error than ours, and
by a signal when one takes more memory or time than any should.
"""

import io
import random
import resource
import sys
import tempfile
from pathlib import Path

import safetensors.torch
import torch

from u2net.errors import ModelError
from u2net.network import RSUSpec, U2Net, U2NetSpec, load_checkpoint
from u2net.network.checkpoint import SPEC_KEY
from u2net.network.specs import spec_to_json

SPEC = U2NetSpec(encoders=(RSUSpec(2, mid=1, out=1),), decoders=())
MEMORY, SECONDS = 2 << 30, 1200


def whole(kind: str) -> bytes:
    """A sound checkpoint of the smallest network."""
    state = U2Net(SPEC).state_dict()
    if kind == "safetensors":
        return safetensors.torch.save(state, {SPEC_KEY: spec_to_json(SPEC)})
    file = io.BytesIO()
    torch.save({"state_dict": state, SPEC_KEY: spec_to_json(SPEC), "epoch": 3}, file)
    return file.getvalue()


def damaged(data: bytes, dice: random.Random) -> bytes:
    """`data` with one to four changes: bytes set, digits changed, parts cut, doubled or put in."""
    mutant = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(mutant))
        length = dice.choice((1, 1, 2, 4, 8, 64))
        match dice.randrange(6):
            case 0:
                mutant[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
            case 1:
                mutant[at] ^= 1 << dice.randrange(8)
            case 2:
                digits = [i for i, byte in enumerate(mutant) if 0x30 <= byte <= 0x39]
                mutant[dice.choice(digits)] = dice.choice(b"0123456789-.e")
            case 3:
                del mutant[at : at + length]
            case 4:
                mutant[at:at] = mutant[at : at + length]
            case 5:
                mutant[at:at] = dice.randbytes(length)
    return bytes(mutant)


def main(kind: str, count: int, seed: int = 0) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS,) * 2)
    dice, data, loaded = random.Random(seed), whole(kind), 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            path = Path(folder) / f"{number}.{kind}"
            path.write_bytes(damaged(data, dice))
            try:
                load_checkpoint(path)
                loaded += 1
            except ModelError as error:
                if "\n" in str(error):
                    raise ValueError("more than one line") from error
            path.unlink()
    print(loaded, "loaded", count - loaded, "refused")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
