import ast
import inspect
import json
from dataclasses import fields

import pytest

from u2net.errors import TrainingError
from u2net.training import recipe as module
from u2net.training.recipe import Recipe, change, read_fields
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
    assert (recipe.batch, recipe.resize, recipe.size, recipe.loss) == (12, 320, 288, {"bce": 1})
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
        ("extra=a,b=c", "extra", ("a", "b=c")),
        ("val=", "val", ()),
        ("val=a,b", "val", ("a", "b")),
        ("loss=bce:1,iou:.5,structure:2", "loss", {"bce": 1.0, "iou": 0.5, "structure": 2.0}),
        ("loss=bce+ssim", "loss", {"bce": 1.0, "ssim": 1.0}),
        ("loss=iou", "loss", {"iou": 1.0}),
    ],
)
def test_a_setting_changes_its_field(setting: str, field: str, value: object) -> None:
    assert getattr(change(smoke(), [setting]), field) == value


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        (["cutouts=a"], "composites=SHARE"),
        (["backgrounds=a"], "composites=SHARE"),
        (["hints=2"], "distil=whole and teacher=CHECKPOINT"),
        (["teacher_share=0.5"], "distil=whole and teacher=CHECKPOINT"),
        (["best=mae"], "val=DIR"),
        (["keep_best=3"], "val=DIR"),
        (["val_every=5"], "val=DIR"),
        (["val_pictures=5"], "val=DIR"),
        (["resize=400"], "augment=paper"),
        (["flip=vertical"], "augment=paper"),
        (["augment=paper", "smallest_crop=0.7"], "augment=strong"),
        (["ignore=7"], "task=multiclass"),
    ],
)
def test_a_field_that_would_do_nothing_is_refused_with_what_it_needs(
    settings: list[str], needed: str
) -> None:
    field = settings[-1].partition("=")[0]
    with pytest.raises(TrainingError, match=rf"--set {field}=.* does nothing .* --set {needed}"):
        change(smoke(), [*settings, "size=64"])


@pytest.mark.parametrize("settings", [["cutouts="], ["keep_best=0"], ["val_every=5", "val=a"]])
def test_what_is_turned_off_or_acts_is_taken(settings: list[str]) -> None:
    change(smoke(), settings)


def test_a_wrong_key_lists_the_fields() -> None:
    with pytest.raises(TrainingError) as caught:
        change(smoke(), ["learning_rate=1"])
    assert all(f.name in str(caught.value) for f in fields(Recipe) if f.name != "name")


@pytest.mark.parametrize(
    "setting",
    ["rate", "name=x", "batch=two", "batch=0", "batch=1.5", "compile=maybe",
     "rate=nan", "clip=nan", "epochs=inf", "map_weights=1,inf", "seed=9999999999999999999999",
     "rate=-1", "steps=0", "composites=1", "composites=0.1", "ema=1", "size=-3",
     "workers=-1", "loss=", "loss=dice", "loss=bce:x", "loss=bce:0", "loss=bce:nan", "patience=2",
     "patience=-1", "map_weights=1,b", "smallest_crop=0"],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_by_name(setting: str) -> None:
    with pytest.raises(TrainingError, match=setting.split("=")[0]):
        change(smoke(), [setting])


def test_of_steps_and_epochs_the_one_that_is_given_counts() -> None:
    by_epochs = change(smoke(), ["epochs=10"])
    assert (by_epochs.steps, by_epochs.epochs) == (0, 10)
    by_steps = change(by_epochs, ["steps=7"])
    assert (by_steps.steps, by_steps.epochs) == (7, 0)
    assert change(smoke(), ["steps=0", "epochs=2"]).epochs == 2


def test_steps_and_epochs_together_are_refused() -> None:
    with pytest.raises(TrainingError, match="steps and epochs"):
        change(smoke(), ["steps=5", "epochs=1"])


def test_a_recipe_of_an_older_version_is_read_as_today() -> None:
    text = json.dumps({"name": "lite", "loss": "bce+iou", "val": "ECSSD", "cutouts": ["a"], "x": 1})
    assert read_fields(text) == {
        "loss": {"bce": 1.0, "iou": 1.0}, "val": ("ECSSD",), "cutouts": ("a",),
    }  # fmt: skip
    assert read_fields(smoke().to_json())["loss"] == smoke().loss
