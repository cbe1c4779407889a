"""All that a worker must know, as one value that travels."""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path

import numpy as np

from u2net import files
from u2net.batch.plan import Existing
from u2net.batch.streamed import Origin
from u2net.compat.remover import remover_as
from u2net.machine.cache import cache_folder
from u2net.options import Options
from u2net.places.address import Address
from u2net.places.place import Place, place_at
from u2net.remover import Remover
from u2net.weights.catalog import embedded, find_model

STATE = ".u2net"
"""The folder below the output that holds what a run knows; hidden, so never listed as pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run over what is at an address. Can be pickled, but for `names` of another process."""

    options: Options
    compat: str | None
    all_frames: bool
    kind: str
    """The format of the outputs."""
    existing: Existing
    source: Address
    target: Address
    names: Callable[[], Iterable[str]] | None = None
    """Which files below `source`, in order; None is all."""
    model: str | None = None
    """The SHA-256 of a network file that was put beside the outputs; None is one of the package."""
    begun: bool = False
    """Whether an earlier start may have made what the manifest does not tell of."""
    run: str = ""
    """Which run made a row of the manifest."""

    @property
    def state(self) -> Place:
        """Where the run keeps what it knows."""
        return place_at(self.target / STATE)

    @property
    def outputs(self) -> Place:
        """Where results are put."""
        return place_at(self.target)

    @property
    def origin(self) -> Origin:
        """What is read."""
        place = place_at(self.source)
        return Origin(place=place, names=self.names or place.names)

    def with_model(self) -> "tuple[Job, bytes | None]":
        """It with its network named by content, and that unless the package has it.

        Raises `ModelError`.
        """
        name = os.fspath(self.options.model)
        if name in embedded():
            return self, None
        data = find_model(name, download=self.options.download).data
        return replace(self, model=hashlib.sha256(data).hexdigest()), data

    def put(self, network: bytes | None) -> None:
        """Where every node finds it. Raises `PlaceError`, `OutputError`."""
        name = f"models/{self.model}.onnx"
        if network is not None and not self.state.has(name):
            self.state.write(name, network, replace=True)

    def remover(self) -> Remover:
        """The line, on whichever node this is called; its network is loaded from a path."""
        options = self.options
        if self.model is not None:
            path = cache_folder("cluster") / f"{self.model}.onnx"
            if not _is(path, self.model):
                files.write(path, self.state.read(f"models/{path.name}").read())
            options = replace(options, model=path)
        return remover_as(self.compat, options) if self.compat else Remover.of(options)

    @property
    def settings(self) -> str:
        """What decides the outputs, as a short text that tells runs apart."""
        told = (self.source, self.kind, self.compat, self.all_frames, self.model)
        options = {name: repr(getattr(self.options, name)) for name in Options.__slots__}
        options["background"] = _content(self.options.background)
        if self.model is not None:
            del options["model"]
        return hashlib.sha256(repr((told, options)).encode()).hexdigest()[:16]


def _content(value: object) -> str:
    """As `repr`, and of arrays, which that abbreviates, the whole."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{hashlib.sha256(value.tobytes()).hexdigest()}"
    if is_dataclass(value):
        parts = ", ".join(_content(getattr(value, one.name)) for one in fields(value))
        return f"{type(value).__name__}({parts})"
    return repr(value)


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest
