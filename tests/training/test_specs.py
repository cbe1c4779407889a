"""A network of one's own, from a file: trained, gone on with, exported."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import runs

from u2net import Remover
from u2net.errors import TrainingError
from u2net.network import LITE, NestedSpec, RSUSpec, U2NetSpec, load_checkpoint
from u2net.network.specs import spec_to_json
from u2net.training.recipe import Recipe
from u2net.training.run import fit, train

RSU = RSUSpec(2, mid=2, out=4)
U_OF_US = NestedSpec(U2NetSpec((RSU, RSU), (RSU,)), out=4)
OWN = U2NetSpec(encoders=(U_OF_US, U_OF_US), decoders=(U_OF_US,))
"""A U³-Net as small as can be."""


@pytest.mark.slow
def test_a_u3_net_from_a_file_trains_and_is_exported(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    file = tmp_path / "my.json"
    file.write_text(spec_to_json(OWN))
    recipe = replace(quick, network=str(file), steps=4, schedule="constant", val_size=48)
    train([str(pairs)], recipe, tmp_path / "run")
    assert load_checkpoint(tmp_path / "run/checkpoints/last.ckpt").spec == OWN
    assert Remover(tmp_path / "run").mask(np.zeros((50, 70, 3), np.uint8)).shape == (50, 70)
    fit([str(pairs)], replace(recipe, steps=2), tmp_path / "cut")
    fit([str(pairs)], recipe, tmp_path / "cut", resume=True)
    runs.assert_same(runs.state(tmp_path / "run"), runs.state(tmp_path / "cut"))
    file.write_text(spec_to_json(LITE))
    with pytest.raises(TrainingError, match="holds a network of its own, and the recipe says"):
        fit([str(pairs)], recipe, tmp_path / "cut", resume=True)
