"""Checkpoint or run folder -> card: what is known of weights before anybody says more."""

from pathlib import Path

from u2net.card import Card
from u2net.catalog import find_model, published, read_model


def card_for(model: str | Path) -> Card:
    """The card of the run, or of the published checkpoint; else one that has but a name.

    Raises `ModelError` when there is no such file or the run's own model is damaged.
    """
    path = Path(model)
    run = path.parent.parent if path.parent.name == "checkpoints" else path
    if (run / "model.onnx").exists():
        return find_model(str(run)).card
    if path.is_dir():
        return Card(name=path.resolve().name)
    return published(read_model(path)) or Card(name=path.stem)
