import ast
import inspect
import json
from dataclasses import fields

import pytest

from u2net.errors import TrainingError
from u2net.training import recipe as module
from u2net.training.recipe import Recipe, change
from u2net.training.recipes import RECIPES, paper, seed003, smoke


@pytest.mark.parametrize("name", RECIPES)
def test_a_named_recipe_bears_its_name_and_writes_itself_down(name: str) -> None:
    recipe = RECIPES[name]()
    assert recipe.name == name
    assert json.loads(recipe.to_json())["rate"] == recipe.rate


def test_every_field_says_what_it_is_for() -> None:
    (body,) = [n for n in ast.parse(inspect.getsource(module)).body if isinstance(n, ast.ClassDef)]
    for statement, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign):
            assert isinstance(after, ast.Expr), ast.unparse(statement)


def test_paper_is_what_the_authors_script_does() -> None:
    recipe = paper()
    assert (recipe.optimiser, recipe.rate, recipe.schedule) == ("adam", 1e-3, "constant")
    assert (recipe.batch, recipe.resize, recipe.size, recipe.loss) == (12, 320, 288, "bce")
    assert recipe.weight_decay == recipe.clip == recipe.ema == 0


def test_seed003_is_360_epochs_of_adamw_with_cosine() -> None:
    recipe = seed003()
    assert (recipe.optimiser, recipe.epochs, recipe.schedule) == ("adamw", 360, "cosine")


@pytest.mark.parametrize(
    ("setting", "field", "value"),
    [
        ("rate=0.5", "rate", 0.5),
        ("batch=3", "batch", 3),
        ("channels_last=false", "channels_last", False),
        ("network=full", "network", "full"),
        ("map_weights=1,0.5", "map_weights", (1.0, 0.5)),
        ("backgrounds=a,b=c", "backgrounds", ("a", "b=c")),
        ("val=", "val", ""),
    ],
)
def test_a_setting_changes_its_field(setting: str, field: str, value: object) -> None:
    assert getattr(change(smoke(), [setting]), field) == value


def test_a_wrong_key_lists_the_fields() -> None:
    with pytest.raises(TrainingError) as caught:
        change(smoke(), ["learning_rate=1"])
    assert all(f.name in str(caught.value) for f in fields(Recipe) if f.name != "name")


@pytest.mark.parametrize(
    "setting",
    ["rate", "name=x", "batch=two", "batch=0", "batch=1.5", "network=huge", "compile=maybe",
     "rate=nan", "clip=nan", "epochs=inf", "map_weights=1,inf", "seed=9999999999999999999999",
     "rate=-1", "steps=0", "composites=1", "composites=0.1", "ema=1", "size=-3",
     "workers=-1", "map_weights=1,b", "smallest_crop=0"],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_by_name(setting: str) -> None:
    with pytest.raises(TrainingError, match=setting.split("=")[0]):
        change(smoke(), [setting])
