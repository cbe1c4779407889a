"""Network file -> card: what the network expects, what it returns and where it comes from.

It travels inside the ONNX file, as JSON under one metadata key: the file is enough to run it.
"""

import json
import sys
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin

from u2net.task import Task

KEY = "u2net.card"
"""The metadata key of an ONNX file under which the card is stored."""

MOST_CLASSES = 255
"""A class map has 8 bits, and one number of them may stand for pixels that count for nothing."""

LARGEST = 8192
"""Longest side, in pixels, that a card may ask an engine to run."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
EXTRA_MEAN, EXTRA_STD = 0.5, 0.25
"""What channels beside the colours are normalised by, where nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What must travel with a set of weights."""

    name: str
    """How people call the model."""
    size_hw: tuple[int, int] = (320, 320)
    """Height and width, in pixels, at which the network sees every picture."""
    mean: tuple[float, ...] = IMAGENET_MEAN
    """Subtracted from each channel after scaling to 0…1."""
    std: tuple[float, ...] = IMAGENET_STD
    """Divides each channel after the mean is subtracted."""
    divide_by_max: bool = True
    """Scale to 0…1 by the picture's own maximum (the authors' way) instead of by 255."""
    logits: bool = False
    """The maps come before the softmax, or the sigmoid, that their task wants."""
    invert: bool = False
    """The maps say what is not meant: they are taken from 1."""
    stretch: bool = False
    """Stretch every map to its own minimum and maximum (the authors' way)."""
    floor: float = 12 / 255
    """Saliency up to here is none: networks say so much of any wall or sky. What is more, but far
    from the object, is cut as well, unless this is 0."""
    ceiling: float = 249 / 255
    """Saliency from here on is all object, so that its inside is opaque."""
    nothing: float = 0.3
    """Below this everywhere there is no object: photos of ECSSD reach .7, an empty wall .08."""
    task: Task = "saliency"
    """What the maps say: saliency; of `classes`, which one a pixel is of, or which ones; or a
    drawing."""
    classes: tuple[str, ...] = ()
    """Names of the classes, in the order of their maps; none where the task has none."""
    apart: bool = False
    """`--mask` writes a file for each class, where none is named, instead of one class map."""
    extra: tuple[str, ...] = ()
    """Channels that go in after red, green and blue, such as depth: planes of 0…1."""
    source: str = ""
    """Who made the weights, and from what."""
    licence: str = ""
    """Licence of the weights."""
    training_data: str = ""
    """The data sets they were trained on, soft labels included."""
    precisions: tuple[str, ...] = ("fp32",)
    """Precisions that hold the quality of fp32 for these weights; `auto` chooses among them."""
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    """Figures by data set and protocol, such as {"ecssd200 (paper)": {"max_f": 0.9}}."""

    def __post_init__(self) -> None:
        """Raises `ValueError` for what no network could mean: cards come from strangers' files."""
        for f in fields(self):
            if not _fits(value := getattr(self, f.name), f.type):
                raise ValueError(f"{f.name} cannot be {str(value)[:80]!r}")
        if not 1 <= min(self.size_hw) <= max(self.size_hw) <= LARGEST:
            raise ValueError(f"size_hw must be from 1 to {LARGEST}, not {self.size_hw}")
        if not 1 <= len(self.mean) == len(self.std) or min(self.std) <= 0:
            raise ValueError("mean and std must be as long as each other, and std positive")
        if self.extra and len(self.mean) != 3 + len(self.extra):
            raise ValueError(f"mean has {len(self.mean)} values for colours and {self.extra}")
        if not (0 <= self.floor < self.ceiling <= 1 and 0 <= self.nothing <= 1):
            raise ValueError("0 <= floor < ceiling <= 1 must hold, and nothing be from 0 to 1")
        check_classes(self.task, self.classes)
        if self.apart and not self.classes:
            raise ValueError(f"apart goes with classes: {self.task} has none")

    @property
    def maps(self) -> int:
        """How many maps the network gives of a picture."""
        return len(self.classes) or 1

    def to_json(self) -> str:
        """The card as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Card":
        """The card in `text`. Raises `ValueError` for what is none; unknown fields are left out."""
        try:
            values = json.loads(text)
        except RecursionError as error:
            raise ValueError("not a card: nested too deeply") from error
        if not isinstance(values, dict) or "name" not in values:
            raise ValueError("not a card: a JSON object with a name was expected")
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        settings: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in known.items()
        }
        return cls(**settings)


def check_classes(task: str, classes: tuple[str, ...]) -> None:
    """Raise `ValueError` for names of classes that do not go with the task."""
    if (task in ("saliency", "drawing")) != (not classes):
        raise ValueError(f"classes go with multiclass and multilabel: {task} has {len(classes)}")
    if task == "multiclass" and len(classes) < 2:
        raise ValueError("classes that exclude each other are two or more")
    if len(classes) > MOST_CLASSES:
        raise ValueError(f"{len(classes)} classes are more than {MOST_CLASSES}")
    if len(set(classes)) < len(classes) or not all(name and name.isprintable() for name in classes):
        raise ValueError("classes must have names of their own, on one line")


def _fits(value: Any, kind: Any) -> bool:
    """Whether `value` is of the type `kind`, all the way down; numbers finite, text one line."""
    if kind is float:
        return type(value) in (int, float) and abs(value) <= sys.float_info.max
    if kind is str:
        return isinstance(value, str) and value.isprintable()
    inner = get_args(kind)
    if get_origin(kind) is Literal:
        return isinstance(value, str) and value in inner
    if get_origin(kind) is tuple:
        kinds = inner[:1] * len(value) if isinstance(value, tuple) and ... in inner else inner
        return (
            isinstance(value, tuple) and len(value) == len(kinds) and all(map(_fits, value, kinds))
        )
    if get_origin(kind) is dict:
        return isinstance(value, dict) and all(
            _fits(name, inner[0]) and _fits(one, inner[1]) for name, one in value.items()
        )
    return type(value) is kind
