"""The data arguments of a run -> packed sources, with word of what was left out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from u2net.data.split import split
from u2net.training.callbacks.log import say
from u2net.training.data.datamodule import Data
from u2net.training.data.pack import Pack, pack, pack_held_out
from u2net.training.data.samples import Pasteboard
from u2net.training.data.sources import Source, cutout_source, pairs_source, pictures_source
from u2net.training.data.validation import spread
from u2net.training.recipe import Recipe
from u2net.weights.card import Card


def parts(data: Sequence[str], recipe: Recipe) -> tuple[list[Source], list[Source]]:
    """What a run trains on, and what it is validated on: sets, or shares of the former.

    Raises `DatasetError` for what is no data set, or cannot be parted.
    """
    training, held = [pairs_source(argument) for argument in data], []
    for place in recipe.val:
        share = share_of(place)
        if share is None:
            held.append(pairs_source(place))
            continue
        sides = [split(source.items, share, recipe.seed) for source in training]
        for number, (kept, out) in enumerate(sides):
            source = training[number]
            held.append(replace(source, name=f"{place} of {source.name}", items=out))
            training[number] = replace(source, items=kept)
    return training, held


def share_of(place: str) -> float | None:
    """The share of one's own pictures that `place` asks to hold out; None for a data set."""
    try:
        return None if Path(place).exists() else float(place)
    except ValueError:
        return None


def load(sources: Sequence[Source], held: Sequence[Source], recipe: Recipe, card: Card) -> Data:
    """Everything that a run reads. Raises `DatasetError` for what cannot be used."""
    return Data(
        recipe,
        card,
        [packed(source, recipe) for source in sources],
        [source.weight for source in sources],
        pasteboard=pasteboard(recipe) if recipe.composites else None,
        val=[held_out(source, recipe, card) for source in held],
    )


def pasteboard(recipe: Recipe) -> Pasteboard:
    """The packs that composites are made of."""
    return Pasteboard(
        cutouts=[packed(cutout_source(place), recipe) for place in recipe.cutouts],
        backgrounds=[
            packed(pictures_source(place, "backgrounds"), recipe) for place in recipe.backgrounds
        ],
    )


def packed(source: Source, recipe: Recipe) -> Pack:
    """The pack of a source that is trained on."""
    done = pack(
        source,
        longest=recipe.cache_side,
        on_bad=recipe.on_bad,
        folder=Path(recipe.cache) if recipe.cache else None,
        tell=say,
    )
    tell_of(source, done)
    return done


def held_out(source: Source, recipe: Recipe, card: Card) -> Pack:
    """The pack of the pictures of a source that are validated on."""
    done = pack_held_out(
        replace(source, items=spread(source.items, recipe.val_pictures)),
        size_hw=card.size_hw,
        on_bad=recipe.on_bad,
        folder=Path(recipe.cache) if recipe.cache else None,
        tell=say,
    )
    tell_of(source, done)
    return done


def tell_of(source: Source, done: Pack) -> None:
    """Say what was left out of a pack, and what was done to its masks."""
    if left_out := done.about.left_out:
        say(f"{source.place}: {len(left_out)} left out, the first: {left_out[0]}")
    for note, count in done.about.notes.items():
        say(f"{source.place}: {note} ({count} masks)")
