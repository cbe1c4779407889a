"""ONNX file -> what was measured on real photos, so that fewer bits lose nothing.

Two things are needed. *Ranges*: between which values 256 steps are laid, chosen for the least
square error. *Corrections*: rounding a weight shifts the mean of what its convolution gives by the
rounding error times the mean of its input; adding the opposite to the bias undoes that
(Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019).
The released U²-Net† has a channel that is 226 everywhere, times a weight of 5.6: without the
correction it is lost in bfloat16 as in int8, with it both hold.
"""

import json
from dataclasses import asdict, dataclass

from u2net.errors import UnfitModelError
from u2net.weights.onnx_file import read_metadata

KEY = "u2net.calibration"
"""The metadata key of an ONNX file under which the calibration is stored."""


def int8_kind(bits: int) -> str:
    """What the corrections of int8 by weights of `bits`, 8 or 7, are called."""
    return "int8" if bits == 8 else f"int8w{bits}"


MOST = 3e38
"""The largest magnitude that float32 holds, nearly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What lets a network run in bf16 and int8."""

    ranges: dict[str, tuple[float, float]]
    """Node whose result is rounded to 8 bits -> its least and greatest value."""
    corrections: dict[str, dict[str, list[float]]]
    """Precision -> convolution -> what to add to each of its channels. Those of int8 by weights of
    7 bits, for processors without VNNI, are under `int8_kind(7)`."""

    def to_json(self) -> str:
        """The calibration as one JSON object."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Calibration":
        """The calibration in `text`. Raises `ValueError` for what is none."""
        try:
            values = json.loads(text)
            return cls(
                ranges={name: _range(*ends) for name, ends in values["ranges"].items()},
                corrections={
                    precision: {name: list(map(_finite, shifts)) for name, shifts in layers.items()}
                    for precision, layers in values["corrections"].items()
                },
            )
        except (AttributeError, KeyError, OverflowError, RecursionError, TypeError) as error:
            raise ValueError(f"no calibration: {error}") from error


def _range(low: float, high: float) -> tuple[float, float]:
    low, high = _finite(low), _finite(high)
    if not low <= 0 < high - low:
        raise ValueError(f"no calibration: values cannot be from {low} to {high}")
    return low, high


def _finite(value: float) -> float:
    """`value`, unless it is none that float32 holds. Raises `ValueError`."""
    if not abs(value) <= MOST:  # so that NaN is refused too
        raise ValueError(f"no calibration: {value} is no number to add or to round to")
    return float(value)


def read_calibration(model: bytes) -> Calibration | None:
    """The calibration in an ONNX file, if it has one. Raises `UnfitModelError` if it is damaged."""
    try:
        text = read_metadata(model).get(KEY)
        return None if text is None else Calibration.from_json(text)
    except ValueError as error:
        raise UnfitModelError(f"a damaged model ({error}); fetch or export it again") from error
