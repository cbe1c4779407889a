"""The inference line, in order: source, photo, input, saliency, mask, cut-out."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from u2net.arrays import RGB, Alpha, Batch, Box, Maps, Mask, Saliency
from u2net.background import Background, BackgroundLike, as_background, over
from u2net.classes import chosen, chosen_one, class_map
from u2net.crop import object_box
from u2net.cutout import Cutout, Picture, cut_out
from u2net.edges import Edges
from u2net.edges.foreground import foreground
from u2net.edges.grid import Grid, step_for
from u2net.edges.guided import guided
from u2net.edges.matting import check_installed, matted
from u2net.edges.recoloured import Recoloured
from u2net.edges.zoom import joined, second_look
from u2net.engines import Engine, load_engine
from u2net.engines.forked import Lock
from u2net.errors import U2NetError, UnfitModelError
from u2net.machine.ending import at_work
from u2net.mask import to_mask, understood
from u2net.options import Options
from u2net.parallel import in_order
from u2net.pictures.limits import LIMITS, Limits
from u2net.pictures.palette import PALETTE
from u2net.pictures.photo import Photo
from u2net.pictures.source import Source, photo_of
from u2net.preprocess import input_of
from u2net.steps import step
from u2net.weights.card import Card
from u2net.weights.catalog import find_model

if TYPE_CHECKING:
    from u2net.films.frames import Frame


class Loaded(NamedTuple):
    """A network made ready to run, and what it expects."""

    engine: Engine
    card: Card


class Remover:
    """Cuts the salient object out of pictures.

    Loads its model once, at the first use; safe to share between threads. What `Options` says of
    each setting holds here. A pickled remover loads its model anew where it arrives.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "lite",
        *,
        engine: str = "auto",
        precision: str = "auto",
        class_name: str = "",
        edges: Edges = "fast",
        keep_colours: bool = False,
        download: bool = False,
        limits: Limits = LIMITS,
    ) -> None:
        options = Options(
            model=model,
            engine=engine,
            precision=precision,
            class_name=class_name,
            edges=edges,
            keep_colours=keep_colours,
            download=download,
            limits=limits,
        )
        self._take(options)

    @classmethod
    def of(cls, options: Options) -> "Remover":
        """A remover with all that `Options` has."""
        remover = cls.__new__(cls)
        remover._take(options)
        return remover

    def _take(self, options: Options) -> None:
        self.options = options
        self._loaded: Loaded | None = None
        self._lock = Lock()

    def __reduce__(self) -> tuple[Callable[[Options], "Remover"], tuple[Options]]:
        return type(self).of, (self.options,)

    def changed(self, **settings: Any) -> "Remover":
        """A remover with other settings, for which this one's network, loaded, serves as well.

        Raises `ValueError` for those that choose a network.
        """
        if chosen := sorted({"model", "engine", "precision"} & settings.keys()):
            raise ValueError(f"{', '.join(chosen)}: another network needs a remover of its own")
        other = type(self).of(replace(self.options, **settings))
        other._loaded = self.load()
        return other

    @property
    def is_loaded(self) -> bool:
        """Whether the first picture need not wait for the network."""
        return self._loaded is not None

    def load(self) -> Loaded:
        """The engine and the card, loaded now unless they are already.

        Raises `ModelError` for a model that is unknown or damaged, `EngineError` when it cannot
        run here, `ExtraMissingError` for matting without the extra `[matting]`.
        """
        if self.options.edges == "matting":
            check_installed()
        if self._loaded is None:
            with self._lock:
                self._loaded = self._loaded or self._load()
        return self._loaded

    def _load(self) -> Loaded:
        engine, precision = self.options.engine, self.options.precision
        model = find_model(os.fspath(self.options.model), download=self.options.download)
        try:
            ready = load_engine(model.data, model.card, engine=engine, precision=precision)
        except UnfitModelError as error:
            raise UnfitModelError(f"{model.path}: {error}") from error
        chosen(model.card, self.options.class_name)
        return Loaded(ready, model.card)

    @at_work()
    def __call__(self, image: Source) -> Cutout:
        """The object of `image`, with straight alpha. Raises `ImageError` if it is no picture."""
        return self._cut_out(self._photo(image))

    @at_work()
    def mask(self, image: Source) -> Mask:
        """Where the object of `image` is, at the size of the picture, without its own alpha.

        Of a network that tells classes apart, unless one was named, the number of the class of each
        pixel: from 0, or where classes may overlap from 1, with 0 for none.
        """
        return self._mask_of(self._photo_for_mask(image))

    @at_work()
    def compose(self, image: Source, background: BackgroundLike) -> Picture:
        """The object of `image` in front of `background`, opaque; the cut-out when that is None.

        `as_background` says what may stand for one.
        """
        return self._composed(self._photo(image), as_background(background))

    @at_work()
    def picture(self, image: Source) -> Picture:
        """What the options ask for: mask, cut-out, or cut-out over the background."""
        return self.picture_of(self._photo_asked(image))

    @at_work()
    def pictures(self, image: Source) -> dict[str, Picture]:
        """As `picture`, for each class that the network tells apart; it looks once."""
        return self.pictures_of(self._photo_asked(image))

    @at_work()
    def pictures_of(self, photo: Photo) -> dict[str, Picture]:
        """As `pictures`, of a photo that is decoded."""
        engine, card = self.load()
        with step("network"):
            maps = understood(engine(input_of(photo, card)[None])[0], card)
        return {
            name: self.changed(class_name=name).picture_of(photo, maps[at])
            for at, name in enumerate(card.classes)
        }

    @at_work()
    def picture_of(
        self,
        photo: Photo,
        saliency: Saliency | None = None,
        background: Background | None = None,
    ) -> Picture:
        """As `picture`, of a photo that is decoded, such as a frame of an animation.

        `saliency` is what the network said of it, where it was asked already; `background` stands
        for that of the options.
        """
        if self.options.mask:
            mask = self._mask_of(photo, saliency)
            of_classes = self._map is None
            box = self._box_of(np.uint8(255) * (mask > 0) if of_classes else mask)
            mask = mask[box.inside] if box else mask
            made = Picture(
                pixels=mask,
                found=bool(mask.any()),
                density=photo.density,
                frames=photo.frames,
                palette=PALETTE if of_classes else None,
            )
        else:
            made = self._composed(photo, background or self.options.background, saliency)
        return replace(made, metadata=photo.metadata) if self.options.keep_metadata else made

    def map(
        self, images: Iterable[Source], *, jobs: int = 2
    ) -> Iterator[tuple[Source, Cutout | U2NetError]]:
        """Each image with its cut-out, or with the error that met it, in order.

        `jobs` pictures are worked on at a time; memory is bounded by about three times as many.
        """
        self.load()
        return in_order(self, images, jobs)

    def frames(
        self,
        film: str | os.PathLike[str],
        *,
        jobs: int = 2,
        steady: bool = True,
        every: int = 1,
        background: str | os.PathLike[str] | None = None,
    ) -> Iterator["Frame"]:
        """What the options ask for of every frame of a film: `frame.rgba`, at `frame.time` seconds.

        Needs the extra `video`. Frames come in order, `jobs` are worked on at a time, and few are
        held; `steady` has neighbours agree where the film does. The network judges each `every`th
        frame, 1 to 4; between them its maps are carried by motion. `background` is another film,
        which plays behind, again and again, instead of what the options have there. Raises
        `FilmError` for a film that cannot be read, at what is damaged when it comes to it, and
        `ValueError` for a background of masks.
        """
        from u2net.films.frames import frames_of
        from u2net.films.options import FilmOptions
        from u2net.films.read import open_film

        if background is not None and self.options.mask:
            raise ValueError("a mask has no background: leave out one of them")
        behind = None if background is None else Path(background)
        options = FilmOptions(steady=steady, every=every, background=behind)
        with open_film(Path(film), limits=self.options.limits) as opened:
            yield from frames_of(opened.shots, self, jobs=jobs, options=options)

    @property
    def map_hw(self) -> tuple[int, int]:
        """Height and width of what the network says, in pixels."""
        return self.load().card.size_hw

    @at_work()
    def saliency(self, photos: Sequence[Photo]) -> Batch:
        """What the network says of each of `photos`, (N, height, width) at its own size, 0…1.

        The engine gets them in one call, and runs them together where that is quicker.
        """
        engine, card = self.load()
        if not photos:
            return np.empty((0, *card.size_hw), np.float32)
        at = chosen_one(card, self.options.class_name)
        given = engine(np.stack([input_of(photo, card) for photo in photos]))
        return np.stack([understood(maps, card)[at] for maps in given])

    def steps(
        self, photo: Photo, saliency: Saliency | None = None, *, coloured: bool = False
    ) -> Iterator[tuple[str, Any]]:
        """The line from a photo to its mask: the name of each step, and what it made.

        Begins after the network where `saliency` is given, which is not asked again then. With
        `coloured` the last step is that of the colours which a cut-out shows, where they are others
        than the photo's: (H, W, 3) RGB, or `Recoloured`.
        """
        engine, card = self.load()
        first = saliency is None
        if saliency is None:
            batch = input_of(photo, card)[None]
            yield "prepare", batch
            maps: Maps = understood(engine(batch)[0], card)
            yield "network", maps
            if self._map is None:
                yield "mask", class_map(maps, photo.size_hw, exclusive=card.task == "multiclass")
                return
            saliency = maps[self._map]
        mask = to_mask(saliency, photo.size_hw, card)
        yield "mask", mask
        if self._has_edges:
            yield from self._edges(photo, mask, saliency if first else None, coloured=coloured)

    def _edges(
        self, photo: Photo, mask: Mask, saliency: Saliency | None, *, coloured: bool
    ) -> Iterator[tuple[str, Any]]:
        """The steps from an enlarged mask on; with `saliency` the network may look again."""
        card, seen = self.load().card, photo
        if saliency is not None and (box := second_look(saliency, photo.size_hw)):
            part = photo.within(box)
            closer = to_mask(self.saliency([part])[0], part.size_hw, card)
            if (both := joined(mask, closer, box)) is not mask:
                mask, seen = both, part
            yield "zoom", mask
        grid = Grid(photo.rgb, step_for(seen.size_hw, card.size_hw))
        before, mask = mask, guided(grid, mask)
        yield "edges", mask
        if self.options.edges == "matting":
            mask = matted(photo.rgb, mask, name=photo.name)
            yield "matting", mask
        if coloured and not self.options.keep_colours:
            yield "colours", foreground(grid, mask, before)

    @cached_property
    def _map(self) -> int | None:
        """Which of the network's maps is the mask; None where all make a class map."""
        return chosen(self.load().card, self.options.class_name)

    @property
    def _has_edges(self) -> bool:
        """Whether masks are drawn to the photo's edges: those that say where an object is."""
        return self.options.edges != "off" and self.load().card.task == "saliency"

    def _photo_asked(self, image: Source) -> Photo:
        return self._photo_for_mask(image) if self.options.mask else self._photo(image)

    def _photo_for_mask(self, image: Source) -> Photo:
        # Twice the network's size leaves room for the better filter of the last step.
        enough = 2 * max(self.load().card.size_hw)
        return self._photo(image, None if self._has_edges else enough)

    def _photo(self, image: Source, at_least: int | None = None) -> Photo:
        extra = self.load().card.extra
        if not extra:
            return photo_of(image, limits=self.options.limits, at_least=at_least)
        from u2net.data.channels import photo_at

        return photo_at(image, extra, limits=self.options.limits, at_least=at_least)

    def _composed(
        self, photo: Photo, background: Background | None, saliency: Saliency | None = None
    ) -> Picture:
        cutout = self._cut_out(photo, saliency)
        if box := self._box_of(cutout.alpha):
            photo, cutout = photo.within(box), cutout.within(box)
        return over(cutout, background.behind(photo, cutout)) if background else cutout

    def _box_of(self, alpha: Alpha) -> Box | None:
        """What is left when the options ask for the part around the object; None is all."""
        return object_box(alpha, self.options.crop_margin) if self.options.crop else None

    def _cut_out(self, photo: Photo, saliency: Saliency | None = None) -> Cutout:
        chosen_one(self.load().card, self.options.class_name)
        mask, colours = self._drawn(photo, saliency, coloured=True)
        return cut_out(photo, mask, colours)

    def _mask_of(self, photo: Photo, saliency: Saliency | None = None) -> Mask:
        return self._drawn(photo, saliency, coloured=False)[0]

    def _drawn(
        self, photo: Photo, saliency: Saliency | None, *, coloured: bool
    ) -> tuple[Mask, RGB | Recoloured | None]:
        """What all steps come to: the mask, and colours where they are others than the photo's."""
        made = self.steps(photo, saliency, coloured=coloured)
        colours = None
        with step("network"):
            mask = next(value for name, value in made if name == "mask")
        with step("edges"):
            for name, value in made:
                if name == "colours":
                    colours = value
                else:
                    mask = value
        return np.asarray(mask, np.uint8), colours


@overload
def remove(
    image: Source,
    *,
    background: None = None,
    model: str | os.PathLike[str] = "lite",
    engine: str = "auto",
    precision: str = "auto",
    class_name: str = "",
) -> Cutout: ...
@overload
def remove(
    image: Source,
    *,
    background: BackgroundLike,
    model: str | os.PathLike[str] = "lite",
    engine: str = "auto",
    precision: str = "auto",
    class_name: str = "",
) -> Picture: ...
def remove(
    image: Source,
    *,
    background: BackgroundLike = None,
    model: str | os.PathLike[str] = "lite",
    engine: str = "auto",
    precision: str = "auto",
    class_name: str = "",
) -> Picture:
    """The salient object of `image`, over `background` where there is one; the model stays loaded.

    Settings as in `Options`, backgrounds as in `as_background`.
    """
    remover = _shared_remover(os.fspath(model), engine, precision, class_name)
    return remover(image) if background is None else remover.compose(image, background)


@lru_cache(maxsize=4)
def _shared_remover(model: str, engine: str, precision: str, class_name: str) -> Remover:
    return Remover(model, engine=engine, precision=precision, class_name=class_name)
