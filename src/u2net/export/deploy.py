"""Network + card -> files of one format, written when all of them hold and not before."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from u2net.engines import load_engine
from u2net.engines.choice import NAMES
from u2net.errors import UnfitModelError
from u2net.export.calibrate import calibrate
from u2net.export.draft import Precision
from u2net.export.hub import write_hub
from u2net.export.onnx import export_onnx
from u2net.export.openvino import export_openvino, write_int8
from u2net.export.proof import Proof, Run
from u2net.export.torch import export_torch
from u2net.export.torch import runner as run_by_torch
from u2net.export.trace import Form
from u2net.files import write
from u2net.machine.cores import int8_weight_bits
from u2net.network import U2Net
from u2net.pictures.source import Source
from u2net.weights.card import Card
from u2net.weights.catalog import Model, find_model, read_card

EXPORTERS = {"onnx": export_onnx, "openvino": export_openvino, "torch": export_torch}
"""Format of one network -> what writes it."""

Say: TypeAlias = Callable[[str], None]


def deploy(
    net: U2Net,
    card: Card,
    path: Path,
    *,
    kind: str,
    precision: str = "fp32",
    form: Form = Form(),  # noqa: B008 - frozen
    photos: Iterable[Source] | None = None,
    check: Callable[[Path], None] = lambda _: None,
    say: Say = lambda _: None,
) -> Proof:
    """Write `net` to `path` in the format `kind`: onnx, openvino, torch, or for the hub a folder.

    `precision` is fp32, fp16 or int8. With `photos` it is calibrated on them, which int8 needs.
    `check` looks at the finished files, elsewhere still, and may raise. Raises as the exporters and
    `calibrate`, and `UnfitModelError` when int8 does not hold.
    """
    if (kind, precision) == ("openvino", "int8") and int8_weight_bits() != 8:
        raise UnfitModelError(
            "OpenVINO's format in int8 is for processors with VNNI, and this one, which has none, "
            "cannot prove it; export ONNX in int8, which runs on both"
        )
    with TemporaryDirectory(prefix="u2net-") as folder:
        made = Path(folder) / path.name
        say(f"tracing {card.name} and comparing, half a minute or so")
        stored: Precision = "fp32" if precision == "fp32" else "fp16"
        if kind in EXPORTERS and photos is None:
            proof = EXPORTERS[kind](net, card, made, precision=stored, form=form)
        else:
            onnx = made.with_suffix(".onnx")
            proof = export_onnx(net, card, onnx, precision=stored, form=form)
            data = onnx.read_bytes()
            onnx.unlink()
            if photos is not None:
                data = _calibrated(data, photos, precision, say)
            _write_kind(kind, net, data, made)
        check(made)
        for file in sorted(Path(folder).rglob("*")):  # FILE.bin before FILE.xml
            if file.is_file():
                write(path.parent / file.relative_to(folder), file.read_bytes())
    return proof


def runs_of(path: Path, kind: str, precision: str) -> dict[str, Run]:
    """How the files of `path` are run here, by the name of what runs them."""
    if kind == "torch":
        return {"torch": run_by_torch(path)}
    model = find_model(str(path))
    arithmetic = "int8" if precision == "int8" else "fp32"
    names = ("openvino",) if kind == "openvino" else NAMES if arithmetic == "int8" else NAMES[1:]
    return {f"{name} {arithmetic}": _engine(model, name, arithmetic) for name in names}


def _engine(model: Model, name: str, precision: str) -> Run:
    engine = load_engine(model.data, model.card, engine=name, precision=precision)
    return lambda batch: [engine(batch)]


def _calibrated(model: bytes, photos: Iterable[Source], precision: str, say: Say) -> bytes:
    say("calibrating on photos, a minute or so")
    data = calibrate(model, photos)
    card = read_card(data)
    say(f"precisions that hold: {', '.join(card.precisions)}")
    if precision == "int8" and precision not in card.precisions:
        raise UnfitModelError(f"{card.name}: int8 does not hold its quality; export fp16")
    return data


def _write_kind(kind: str, net: U2Net, onnx: bytes, path: Path) -> None:
    """Write what `kind` makes of an ONNX file, calibrated or for the hub."""
    if kind == "hub":
        write_hub(net, onnx, path)
    elif kind == "openvino":
        write_int8(onnx, path)
    else:
        write(path, onnx)
