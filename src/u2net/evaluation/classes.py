"""Class maps, or a model that tells classes apart, against ground truth: what is right of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from u2net.classes import class_map, class_planes
from u2net.data.channels import photo_at
from u2net.data.class_folders import find_labelled, masks_in
from u2net.data.labels import Labels
from u2net.data.read import check_sizes
from u2net.errors import EvaluationError, U2NetError
from u2net.evaluation.measures.classes import ClassScores
from u2net.remover import Remover

Masks = tuple[Path | None, ...]
"""The files of one picture that `Labels.read` reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truths:
    """Ground truth, and the photos where they are known."""

    name: str
    masks: dict[str, Masks]
    """By stem."""
    photos: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of_set(cls, place: Path, labels: Labels) -> "Truths":
        """A data set as `find_labelled` finds it. Raises `DatasetError`."""
        found = find_labelled(place, labels)
        return cls(
            name=found.name,
            masks={pair.stem: pair.masks for pair in found.pairs},
            photos={pair.stem: pair.image for pair in found.pairs},
        )

    @classmethod
    def of_folder(cls, folder: Path, labels: Labels) -> "Truths":
        """A folder of masks. Raises `DatasetError` when there are none."""
        return cls(name=folder.resolve().name, masks=masks_in(folder, labels))


class Finder(Protocol):
    """Something that finds classes in a picture, by its stem in a set."""

    @property
    def name(self) -> str: ...
    def find(self, stem: str, data: Truths, size_hw: tuple[int, int]) -> NDArray[Any]:
        """What `ClassScores.update` takes. Raises `U2NetError` where there is nothing."""


@dataclass(frozen=True, slots=True)
class ClassMaps:
    """Class maps that someone made: files named as the truths."""

    name: str
    masks: dict[str, Masks]
    labels: Labels

    @classmethod
    def of(cls, folder: Path, labels: Labels) -> "ClassMaps":
        """The maps in a folder. Raises `DatasetError` when there are none."""
        # Whoever finds classes says something of every pixel.
        found = replace(labels, ignore=-1, soft=True)
        return cls(folder.resolve().name, masks_in(folder, found), found)

    def find(self, stem: str, data: Truths, size_hw: tuple[int, int]) -> NDArray[Any]:
        if stem not in self.masks:
            raise EvaluationError(f"no map {stem} in {self.name}")
        found, _ = self.labels.read(self.masks[stem])
        first = next(path for path in self.masks[stem] if path)
        check_sizes(first, size_hw, found, smaller=False)
        return found if self.labels.task == "multiclass" else found > 127


@dataclass(frozen=True, slots=True)
class ClassModel:
    """A model that is asked while it is scored."""

    name: str
    remover: Remover

    def find(self, stem: str, data: Truths, size_hw: tuple[int, int]) -> NDArray[Any]:
        card = self.remover.load().card
        made = dict(self.remover.steps(photo_at(data.photos[stem], card.extra)))
        if card.task == "multiclass":
            return class_map(made["network"], size_hw, exclusive=True)
        return class_planes(made["network"], size_hw)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassResult:
    """What was found out about one source on one set."""

    model: str
    data: str
    images: int
    labels: Labels
    metrics: dict[str, float]
    """Mean IoU and mean Dice, over the classes that occur."""
    classes: dict[str, dict[str, float]]
    """Of each class that occurs, its IoU and Dice."""
    pictures: dict[str, dict[str, float]]
    """Stem -> the figures of that picture alone, as `ClassScores.result` names them."""
    failures: dict[str, str]
    """Stem -> why that picture was not scored."""

    def to_json(self) -> dict[str, Any]:
        """The document that `u2net evaluate --json` prints."""
        return {
            "model": self.model,
            "data": self.data,
            "images": self.images,
            "task": self.labels.task,
            "metrics": self.metrics,
            "classes": self.classes,
            "failures": [{"stem": s, "reason": r} for s, r in self.failures.items()],
        }

    def complaints(self) -> list[str]:
        """The pictures that were not scored and why, a line each."""
        about = f"{self.model} on {self.data}"
        return [f"{about}: {stem}: {reason}" for stem, reason in self.failures.items()]


def score_classes(source: Finder, data: Truths, labels: Labels) -> ClassResult:
    """The figures of one source on one set. Raises `EvaluationError` when nothing was scored."""
    scores = ClassScores(labels.classes, labels.task, labels.ignore)
    failures: dict[str, str] = {}
    pictures: dict[str, dict[str, float]] = {}
    for stem, outcome in compared(source, data, labels):
        if isinstance(outcome, U2NetError):
            failures[stem] = str(outcome)
        else:
            alone = ClassScores(labels.classes, labels.task, labels.ignore)
            alone.update(*outcome)
            scores.state += alone.state
            pictures[stem] = alone.result()
    if not pictures:
        stem, reason = next(iter(failures.items()))
        raise EvaluationError(f"no picture could be scored: {stem}: {reason}")
    figures = scores.result()
    each = {name: named(figures, name) for name in labels.classes if f"iou {name}" in figures}
    return ClassResult(
        model=source.name,
        data=data.name,
        images=len(pictures),
        labels=labels,
        metrics={"iou": figures["iou"], "dice": figures["dice"]},
        classes=each,
        pictures=pictures,
        failures=failures,
    )


def compared(
    source: Finder, data: Truths, labels: Labels
) -> Iterator[tuple[str, tuple[NDArray[Any], NDArray[np.uint8]] | U2NetError]]:
    """Each stem with what was found and the truth, or with the error that met it."""
    for stem, masks in data.masks.items():
        try:
            truth, _ = labels.read(masks)
            yield stem, (source.find(stem, data, truth.shape[:2]), truth)
        except U2NetError as error:
            yield stem, error


def named(figures: dict[str, float], name: str) -> dict[str, float]:
    """The figures of one class."""
    return {measure: figures[f"{measure} {name}"] for measure in ("iou", "dice")}
