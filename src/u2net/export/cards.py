"""Checkpoint or run folder -> card: what is known of weights before anybody says more."""

from pathlib import Path

from u2net.errors import UnfitModelError
from u2net.files import is_folder, is_there
from u2net.weights.card import KEY, Card
from u2net.weights.catalog import find_model, published, read_model
from u2net.weights.published import PUBLISHED


def card_for(model: str | Path) -> Card:
    """The card of the run, or of the published checkpoint; else one that has but a name.

    Raises `ModelError` when there is no such file, or the run's own model or card is damaged.
    """
    path = Path(model)
    run = path.parent.parent if path.parent.name == "checkpoints" else path
    if is_there(run / "model.onnx"):
        return find_model(str(run)).card
    if is_folder(path):
        kept = next((path / "checkpoints").glob("*.ckpt"), None)
        return (kept and carried(kept)) or Card(name=path.resolve().name)
    return published(read_model(path)) or carried(path) or _called(path.stem)


def _called(name: str) -> Card:
    """The card of a published file that is known by its name alone; else one with a name."""
    one = PUBLISHED.get(name)
    return one.card if one and not one.sha256 else Card(name=name)


def carried(checkpoint: Path) -> Card | None:
    """The card that a checkpoint of a training run carries."""
    from u2net.network.stored import read_stored

    text = read_stored(checkpoint).beside.get(KEY)
    try:
        return None if text is None else Card.from_json(str(text))
    except ValueError as error:
        raise UnfitModelError(f"{checkpoint}: its card cannot be read ({error})") from error
