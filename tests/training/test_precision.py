"""`precision=auto`: what a run computes in."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from u2net.training.precision import decided, quickest
from u2net.training.recipe import Recipe
from u2net.training.recipes import RECIPES
from u2net.training.run import fit


def test_every_recipe_leaves_the_precision_to_the_machine_or_needs_float32() -> None:
    assert {make().precision for make in RECIPES.values()} <= {"auto", "fp32"}


def test_bfloat16_is_not_emulated() -> None:
    native = torch.backends.cpu.get_cpu_capability() not in ("AVX2", "DEFAULT", "NO AVX")
    assert native or torch.cuda.is_available() or quickest() == "fp32"


def test_a_run_says_what_auto_was_and_keeps_it_wherever_it_goes_on(
    pairs: Path, smaller: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(smaller, precision="auto", steps=1)
    fit([str(pairs)], recipe, tmp_path / "run")
    file = tmp_path / "run/recipe.json"
    begun = json.loads(file.read_text())["precision"]
    assert begun == quickest()
    other = "bf16" if begun == "fp32" else "fp32"
    monkeypatch.setattr("u2net.training.precision.quickest", lambda: other)
    fit([str(pairs)], replace(recipe, steps=2), tmp_path / "run", resume=True)
    assert json.loads(file.read_text())["precision"] == begun


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"precision": []}', '{"precision": "auto"}'])
def test_a_recipe_that_does_not_say_leaves_it_to_the_machine(damage: str, tmp_path: Path) -> None:
    file = tmp_path / "recipe.json"
    file.write_text(damage)
    assert decided(RECIPES["lite"](), file).precision == quickest()
