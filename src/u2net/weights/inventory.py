"""This machine -> which models there are for it by name, and which of them are here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from u2net.errors import UnfitModelError
from u2net.weights.card import Card
from u2net.weights.catalog import embedded, find_model, names_of_own, on_disk
from u2net.weights.places import own_file
from u2net.weights.published import PUBLISHED, Published

Kind: TypeAlias = Literal["embedded", "published", "own"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model that has a name."""

    name: str
    kind: Kind
    card: Card | None
    """None for a file of one's own that has none, or is damaged."""
    path: Path | None
    """Where it is; None while it is not on this machine. Of a published file only the size was
    looked at; what it holds is seen when it is used."""
    size_bytes: int
    published: Published | None = None


def entries() -> list[Entry]:
    """All models that have a name: those of the package, published ones, those of one's own."""
    inside = [_read(name, "embedded") for name in embedded()]
    own = [_read(name, "own") for name in names_of_own()]
    mine = {entry.name for entry in own}
    others = [_published(one) for name, one in PUBLISHED.items() if name not in mine]
    return [*inside, *others, *own]


def here() -> list[str]:
    """Names of the models that are on this machine."""
    return [entry.name for entry in entries() if entry.path]


def _published(one: Published) -> Entry:
    path = next((path for path in on_disk(one) if path.stat().st_size == one.size_bytes), None)
    return Entry(
        name=one.name,
        kind="published",
        card=one.card,
        path=path,
        size_bytes=one.size_bytes,
        published=one,
    )


def _read(name: str, kind: Kind) -> Entry:
    try:
        model = find_model(name)
    except UnfitModelError:
        path = own_file(name)
        return Entry(name=name, kind=kind, card=None, path=path, size_bytes=path.stat().st_size)
    size = len(model.data)
    return Entry(name=name, kind=kind, card=model.card, path=model.path, size_bytes=size)
