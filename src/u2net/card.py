"""Network file -> card: what the network expects, what it returns and where it comes from.

The card travels inside the ONNX file, as JSON under one metadata key, so that a file is enough to run it.
"""

import json
import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

KEY = "u2net.card"
"""The metadata key of an ONNX file under which the card is stored."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


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
    stretch: bool = False
    """Stretch every map to its own minimum and maximum (the authors' way)."""
    source: str = ""
    """Who made the weights, and from what."""
    licence: str = ""
    """Licence of the weights."""
    training_data: str = ""
    """The data sets they were trained on, soft labels included."""
    precisions: tuple[str, ...] = ("fp32",)
    """Precisions that hold the quality of fp32 for these weights; `auto` chooses among them."""
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    """Figures by data set and protocol, such as {"ecssd200 (paper)": {"max_f": 0.9, "mae": 0.04}}."""

    def __post_init__(self) -> None:
        if len(self.size_hw) != 2 or min(self.size_hw) < 1:
            raise ValueError(f"size_hw must be two positive numbers, not {self.size_hw}")
        if len(self.mean) != len(self.std):
            raise ValueError(f"mean has {len(self.mean)} channels, std {len(self.std)}")
        if not all(math.isfinite(value) for value in (*self.mean, *self.std)) or min(self.std) <= 0:
            raise ValueError("mean must be finite and std positive")

    def to_json(self) -> str:
        """The card as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Card":
        """The card in `text`. Raises `ValueError` for what is no card; unknown fields are left out."""
        values: dict[str, Any] = json.loads(text)
        if not isinstance(values, dict) or "name" not in values:
            raise ValueError("not a card: a JSON object with a name was expected")
        known = {f.name for f in fields(cls)} & values.keys()
        return cls(**{k: tuple(v) if isinstance(v := values[k], list) else v for k in known})
