"""Pictures to score, as arrays and as folders; PySODMetrics called as its readme says."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def pictures():
    """Pairs of map and truth: blurred discs, and discs."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:60, :80]
    made = []
    for _ in range(6):
        centre_y, centre_x, radius = rng.uniform((20, 20, 8), (40, 60, 18))
        distance = np.hypot(y - centre_y, x - centre_x)
        truth = (distance < radius).astype(np.uint8) * 255
        soft = 255 / (1 + np.exp((distance - radius * rng.uniform(0.7, 1.2)) / 3))
        made.append(((soft + rng.uniform(0, 9, soft.shape)).clip(0, 255).astype(np.uint8), truth))
    return made


@pytest.fixture(scope="session")
def directly():
    import py_sod_metrics as sod

    def directly(pictures):
        """The figures that PySODMetrics gives when it is called as its readme says."""
        f = sod.FmeasureV2({"f": sod.FmeasureHandler(with_dynamic=True, with_adaptive=True)})
        mae, weighted, s, e = sod.MAE(), sod.WeightedFmeasure(), sod.Smeasure(), sod.Emeasure()
        for saliency, truth in pictures:
            for metric in (f, mae, weighted, s, e):
                metric.step(pred=saliency, gt=truth)
        f_result, e_result = f.get_results()["f"], e.get_results()["em"]
        return {
            "mae": mae.get_results()["mae"],
            "max_f": f_result["dynamic"].max(),
            "mean_f": f_result["dynamic"].mean(),
            "adaptive_f": f_result["adaptive"],
            "weighted_f": weighted.get_results()["wfm"],
            "s_measure": s.get_results()["sm"],
            "e_measure_mean": e_result["curve"].mean(),
            "e_measure_max": e_result["curve"].max(),
            "e_measure_adaptive": e_result["adp"],
        }

    return directly


@pytest.fixture
def folders(tmp_path, pictures):
    """A data set `set/images`, `set/masks`, and maps for it in `maps`."""
    for part in ("set/images", "set/masks", "maps"):
        (tmp_path / part).mkdir(parents=True)
    for number, (saliency, truth) in enumerate(pictures):
        Image.fromarray(saliency).save(tmp_path / f"maps/{number}.png")
        Image.fromarray(truth).save(tmp_path / f"set/masks/{number}.png")
        photo = np.stack([saliency, truth, 255 - truth], axis=-1)
        Image.fromarray(photo).save(tmp_path / f"set/images/{number}.jpg")
    return tmp_path
