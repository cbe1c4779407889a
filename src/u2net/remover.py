"""The inference line, in order: source, photo, input, saliency, mask, cut-out."""

import os
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from u2net.arrays import Mask
from u2net.background import Background, over, parse
from u2net.cutout import Cutout, Picture, cut_out
from u2net.engines import Engine, load_engine
from u2net.errors import U2NetError, UnfitModelError
from u2net.mask import to_mask
from u2net.parallel import in_order
from u2net.pictures.photo import Photo
from u2net.pictures.source import Source, photo_of
from u2net.preprocess import to_input
from u2net.weights.card import Card
from u2net.weights.catalog import find_model


class Loaded(NamedTuple):
    """A network made ready to run, and what it expects."""

    engine: Engine
    card: Card


class Remover:
    """Cuts the salient object out of pictures.

    Loads its model once, at the first use; safe to share between threads.
    `model` is a name of the catalogue or the path of an ONNX file; `engine` is auto, openvino or
    onnxruntime; `precision` is auto, fp32, bf16 or int8.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "lite",
        *,
        engine: str = "auto",
        precision: str = "auto",
    ) -> None:
        self._model = os.fspath(model)
        self._engine = engine
        self._precision = precision
        self._loaded: Loaded | None = None
        self._lock = threading.Lock()

    def load(self) -> Loaded:
        """The engine and the card, loaded now unless they are already.

        Raises `ModelError` for a model that is unknown or damaged, `EngineError` when it cannot
        run here.
        """
        with self._lock:
            if self._loaded is None:
                model = find_model(self._model)
                try:
                    engine = load_engine(
                        model.data, model.card, engine=self._engine, precision=self._precision
                    )
                except UnfitModelError as error:
                    raise UnfitModelError(f"{model.path}: {error}") from error
                self._loaded = Loaded(engine, model.card)
            return self._loaded

    def __call__(self, image: Source) -> Cutout:
        """The object of `image`, with straight alpha. Raises `ImageError` if it is no picture."""
        photo = photo_of(image)
        return cut_out(photo, self._mask_of(photo))

    def mask(self, image: Source) -> Mask:
        """Where the object of `image` is, at the size of the picture, without its own alpha."""
        # Twice the network's size leaves room for the better filter of the last step.
        return self._mask_of(photo_of(image, at_least=2 * max(self.load().card.size_hw)))

    def compose(self, image: Source, background: str | Background | None) -> Picture:
        """The object of `image` in front of `background`, opaque; the cut-out when that is None.

        A string is `transparent` (None), `#rrggbb`, `blur` or the path of a picture.
        """
        if isinstance(background, str):
            background = parse(background)
        photo = photo_of(image)
        cutout = cut_out(photo, self._mask_of(photo))
        return over(cutout, background.behind(photo, cutout)) if background else cutout

    def map(
        self, paths: Iterable[str | Path], *, jobs: int = 2
    ) -> Iterator[tuple[str | Path, Cutout | U2NetError]]:
        """Each path with its cut-out, or with the error that met it, in order.

        `jobs` pictures are worked on at a time; memory is bounded by about three times as many.
        """
        self.load()
        return in_order(self, paths, jobs)

    def _mask_of(self, photo: Photo) -> Mask:
        engine, card = self.load()
        batch = to_input(photo.rgb, card, icc_profile=photo.icc_profile)[None]
        return to_mask(engine(batch)[0, 0], photo.size_hw, stretch=card.stretch)


def remove(
    image: Source,
    *,
    model: str | os.PathLike[str] = "lite",
    engine: str = "auto",
    precision: str = "auto",
) -> Cutout:
    """The salient object of `image`; the model stays loaded. Options as in `Remover`."""
    return _shared_remover(os.fspath(model), engine, precision)(image)


@lru_cache(maxsize=4)
def _shared_remover(model: str, engine: str, precision: str) -> Remover:
    return Remover(model, engine=engine, precision=precision)
