"""Map and truth -> what PySODMetrics says of them: the extra `[evaluate]`.

Everything here is PySODMetrics' own arithmetic, one picture at a time: its lists are emptied after
each step, so that memory does not grow.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from u2net.errors import need


class SodFigures(TypedDict):
    """The measures of one picture; curves are (256,), highest threshold first."""

    mae: float
    """Mean absolute error (Perazzi et al. 2012)."""
    adaptive_f: float
    """F (Achanta et al. 2009, β² = 0.3) at twice the map's mean, at most 1."""
    weighted_f: float
    """Weighted F (Margolin et al. 2014, β² = 1)."""
    s_measure: float
    """S-measure (Fan et al. 2017, α = 0.5)."""
    adaptive_e: float
    """E-measure (Fan et al. 2018) at twice the map's mean, at most 1."""
    f: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    e: NDArray[np.float64]


class SodMetrics:
    """The measures of PySODMetrics, made once and used for picture after picture."""

    def __init__(self) -> None:
        """Raises `ExtraMissingError` when PySODMetrics is not installed."""
        need("evaluate", "py_sod_metrics", purpose="scoring")
        import py_sod_metrics as sod
        from py_sod_metrics.utils import prepare_data

        class Smeasure(sod.Smeasure):  # type: ignore[misc]
            """The S-measure, but a quarter without pixels, which weighs nothing, is not NaN."""

            def ssim(self, pred: NDArray[Any], gt: NDArray[Any]) -> float:
                return float(super().ssim(pred, gt)) if pred.size else 0.0

        self._prepare = prepare_data
        self._mae = sod.MAE()
        self._weighted_f = sod.WeightedFmeasure()
        self._s = Smeasure()
        self._e = sod.Emeasure()
        self._handlers = {
            "f": sod.FmeasureHandler(with_dynamic=True, with_adaptive=True),
            "precision": sod.PrecisionHandler(with_dynamic=True, with_adaptive=False),
            "recall": sod.RecallHandler(with_dynamic=True, with_adaptive=False),
        }
        self._f = sod.FmeasureV2(self._handlers)

    def measure(self, map_: NDArray[Any], truth: NDArray[np.uint8]) -> SodFigures:
        """The figures of one picture.

        The map is (height, width), 0…255 of any real dtype; it is stretched to its own minimum and
        maximum. The truth is of the same shape, 0…255; its foreground is what lies above 128.
        """
        saliency, foreground = self._prepare(map_, truth)
        for metric in (self._mae, self._weighted_f, self._s, self._e, self._f):
            metric.step(saliency, foreground, normalize=False)
        return SodFigures(
            mae=float(self._mae.maes.pop()),
            adaptive_f=float(self._handlers["f"].adaptive_results.pop()),
            weighted_f=float(self._weighted_f.weighted_fms.pop()),
            s_measure=float(self._s.sms.pop()),
            adaptive_e=float(self._e.adaptive_ems.pop()),
            f=self._handlers["f"].dynamic_results.pop(),
            precision=self._handlers["precision"].dynamic_results.pop(),
            recall=self._handlers["recall"].dynamic_results.pop(),
            e=self._e.changeable_ems.pop(),
        )


@cache
def installed() -> bool:
    """Whether PySODMetrics is there; without it, what it measures is left out."""
    return find_spec("py_sod_metrics") is not None


@cache
def sod_metrics() -> SodMetrics:
    """The one instance of this process. Raises `ExtraMissingError` without PySODMetrics."""
    return SodMetrics()
