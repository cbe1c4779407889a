"""What docs/export.md says of running a file without this package."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from u2net import Remover

ROOT = Path(__file__).parents[2]
LEVELS = 3
"""Of 255; the last rounding, and the filter that brings the map to the photo's size."""


@pytest.mark.parametrize("photo", ["cat.jpg", "coffee.jpg"])
def test_the_code_for_onnxruntime_alone_gives_our_masks(photo: str, tmp_path, monkeypatch):
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)[0]
    assert "u2net" not in code.replace("u2net.card", "")
    shutil.copy(ROOT / "src" / "u2net" / "weights" / "lite.onnx", tmp_path / "model.onnx")
    shutil.copy(ROOT / "examples" / photo, tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    found = np.asarray(Image.open("mask.png")).astype(int)
    wanted = Remover("lite", precision="fp32", edges="off").mask("photo.jpg").astype(int)
    assert wanted.max() > 200
    assert np.abs(found - wanted).max() <= LEVELS
