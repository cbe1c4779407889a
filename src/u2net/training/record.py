"""`run.json`: what a run saw at each start: data, packs, versions, machine."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from u2net.errors import TrainingError
from u2net.files import write
from u2net.network import U2Net
from u2net.network.named import name_of
from u2net.network.specs import spec_to_json
from u2net.training.data.pack_file import Pack
from u2net.training.data.sources import Source

RECORD = "run.json"
PACKAGES = ("u2net", "torch", "lightning", "numpy", "opencv-python-headless", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One set of pictures that a run read."""

    name: str
    """What the card calls it."""
    place: str
    """Its folder or list file, absolute."""
    kind: str
    """Pairs, soft maps, cut-outs or backgrounds."""
    weight: float
    pictures: int
    left_out: int
    """Pictures that could not be used."""
    pack: str
    """Name of the packed copy: another one when a file has changed."""

    @classmethod
    def of(cls, source: Source, pack: Pack) -> "Seen":
        """What was read of a source."""
        return cls(
            name=source.name,
            place=str(source.place.resolve()),
            kind=source.kind,
            weight=source.weight,
            pictures=len(pack),
            left_out=len(pack.about.left_out),
            pack=pack.path.stem,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start of a run, the first or one that goes on."""

    step: int
    """After which step it began."""
    began: str
    """When, ISO 8601, UTC."""
    data: tuple[Seen, ...]
    """What it trained on, without what composites are made of."""
    composites: bool
    val: tuple[Seen, ...]
    ranks: int
    versions: dict[str, str] = field(default_factory=lambda: versions())
    machine: dict[str, Any] = field(default_factory=lambda: machine())

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> "Start":
        """From what `asdict` made."""
        seen = {part: tuple(Seen(**row) for row in table[part]) for part in ("data", "val")}
        return cls(**{**table, **seen})


def now() -> str:
    """The time as a start notes it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def read_starts(folder: Path) -> list[Start]:
    """The starts of the run in `folder`; none for a run of an older version.

    Raises `TrainingError` for a damaged file.
    """
    file = folder / RECORD
    try:
        return [Start.from_table(row) for row in json.loads(file.read_text("utf-8"))["starts"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(f"{file}: cannot be read ({error}); restore or remove it") from error


def write_starts(folder: Path, net: U2Net, starts: Sequence[Start]) -> None:
    """Write down the network and the starts of the run in `folder`."""
    network = {
        "name": name_of(net.spec) or "own",
        "parameters": sum(p.numel() for p in net.parameters()),
        "spec": json.loads(spec_to_json(net.spec)),
    }
    table = {"network": network, "starts": [asdict(start) for start in starts]}
    write(folder / RECORD, json.dumps(table, indent=2).encode())


def that_trained(starts: Sequence[Start]) -> list[Start]:
    """Starts of which the weights hold something: some steps were kept, or it is the latest."""
    kept = [before for before, after in pairwise(starts) if before.step < after.step]
    return [*kept, *starts[-1:]]


def differences(before: Start, after: Start) -> Iterable[str]:
    """What another start sees otherwise, a line each."""
    for part, name in (("data", "training data"), ("val", "validation data")):
        was, becomes = (in_words(getattr(start, part)) for start in (before, after))
        yield from changed(name, was, becomes)
    yield from changed("composites", before.composites, after.composites)
    yield from changed("ranks", before.ranks, after.ranks)
    for package in before.versions.keys() | after.versions.keys():
        was, becomes = (start.versions.get(package, "none") for start in (before, after))
        yield from changed(package, was, becomes)


def changed(name: str, was: Any, becomes: Any) -> Iterable[str]:
    """One line, or none where nothing changed."""
    if was != becomes:
        yield f"goes on with {name} {becomes}, which was {was}"


def in_words(sets: Iterable[Seen]) -> str:
    """Sets of pictures for people, told apart by their packs."""
    return ", ".join(f"{s.place}:{s.weight:g} ({s.pictures} in {s.pack})" for s in sets) or "none"


def versions() -> dict[str, str]:
    """The packages that decide what a run computes."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """What the run computes on; nothing that names the machine or its user."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
    }
