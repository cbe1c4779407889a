"""Loads damaged copies of a small checkpoint: `python mutants.py pth|safetensors COUNT [SEED]`.

Prints `N loaded M refused`. Ends in a traceback when one is refused by another error than ours, and
by a signal when one takes more memory or time than any should.
"""

import io
import random
import sys
import tempfile
from pathlib import Path

import safetensors.torch
import torch

from u2net.errors import ModelError
from u2net.network import RSUSpec, U2Net, U2NetSpec, load_checkpoint
from u2net.network.checkpoint import SPEC_KEY
from u2net.network.specs import spec_to_json

sys.path.insert(0, str(Path(__file__).parents[1]))
from damage import bound, damaged

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


def main(kind: str, count: int, seed: int = 0) -> None:
    bound(MEMORY, SECONDS)
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
