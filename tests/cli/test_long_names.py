"""Names that no file system takes are told as any other that is not there."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from u2net.cli import main
from u2net.network import RSUSpec, U2Net, U2NetSpec, save_checkpoint

LONG = "x" * 300

VERBS = (
    *("remove LONG", "remove photo.png -o LONG.png", "remove photo.png --model LONG"),
    *(
        "evaluate --pred LONG --gt gt",
        "evaluate --pred gt --gt LONG",
        "evaluate --model LONG --data .",
    ),
    *("evaluate --pred gt --gt gt --against LONG", "evaluate --pred gt --gt gt --csv LONG"),
    *("export LONG -o x.onnx", "export net.safetensors -o LONG.onnx"),
    *("export net.safetensors -o LONG --format hub", "export net.safetensors -o LONG/x.onnx"),
    *("train LONG --recipe smoke -o run", "train . --recipe smoke -o LONG"),
    *("data check LONG", "models LONG", "bench --model LONG", "serve --model LONG"),
)


@pytest.mark.parametrize("verb", VERBS)
def test_a_name_of_300_letters_is_told_in_a_line(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gt").mkdir()
    square = np.pad(np.full((8, 8), 255, np.uint8), 4)
    for file in ("photo.png", "gt/photo.png"):
        Image.fromarray(square).save(file)
    net = U2Net(U2NetSpec(encoders=(RSUSpec(2, mid=2, out=2),), decoders=()))
    save_checkpoint(net, tmp_path / "net.safetensors")
    before = sorted(tmp_path.rglob("*"))

    monkeypatch.setattr("sys.argv", ["u2net", *verb.replace("LONG", LONG).split()])
    status = main()

    told = "".join(capfd.readouterr())
    assert status in (1, 2)
    assert LONG in told
    assert "Traceback" not in told
    assert sorted(tmp_path.rglob("*")) == before
