"""Places on the command line -> what makes the maps that are scored."""

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from u2net.evaluation.models import Network

CHECKPOINTS = (".ckpt", ".pt", ".pth", ".safetensors")
"""Suffixes of files that need the extra `[train]` to be scored."""

RUNNING = "checkpoints"
"""The folder that a training run has before it has a model."""


def names_of(places: Iterable[str]) -> dict[str, str]:
    """Place -> what tables call it: its last part, or all of it where that is not enough."""
    short = {place: last_part(Path(place)) for place in places}
    often = Counter(short.values())
    return {place: name if often[name] == 1 else place for place, name in short.items()}


def last_part(path: Path) -> str:
    """The folder's name, or the file's without suffix."""
    return path.resolve().name if path.is_dir() else path.stem


def holds_maps(place: str) -> bool:
    """Whether `place` is a folder of maps, and not a model or a run folder."""
    path = Path(place)
    return path.is_dir() and not any((path / part).exists() for part in ("model.onnx", RUNNING))


def network(model: str, name: str, *, engine: str, precision: str, stack: ExitStack) -> "Network":
    """A model, loaded; what is temporary ends with the stack.

    Raises `ModelError` or `EngineError` when it cannot run here.
    """
    from u2net.evaluation.models import Network
    from u2net.remover import Remover

    path = Path(model)
    unfinished = (path / RUNNING).is_dir() and not (path / "model.onnx").exists()
    needs_torch = unfinished or path.suffix.lower() in CHECKPOINTS
    file = exported(path, stack) if needs_torch else model
    remover = Remover(file, engine=engine, precision=precision)
    remover.load()
    return Network(name, remover.mask)


def exported(model: Path, stack: ExitStack) -> str:
    """A temporary ONNX file of a checkpoint, or of the best one in a run folder.

    Raises `ExtraMissingError` without `[train]`.
    """
    from u2net.errors import need

    need("train", "torch", "safetensors", purpose="scoring a checkpoint")
    from u2net.cli.export import weights_in
    from u2net.export import card_for, export_onnx
    from u2net.network import load_checkpoint

    file = Path(stack.enter_context(TemporaryDirectory())) / f"{model.stem}.onnx"
    export_onnx(load_checkpoint(weights_in(model)), card_for(model), file)
    return str(file)
