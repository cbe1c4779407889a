"""`u2net export`: a checkpoint to a deployable file."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import click

from u2net.cli import options
from u2net.cli.messages import say

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from u2net.arrays import Batch, Saliency
    from u2net.evaluation.models import DataSet
    from u2net.evaluation.parity import Parity
    from u2net.export import Form, Proof
    from u2net.export.proof import Run
    from u2net.network import U2Net
    from u2net.pictures.source import Source
    from u2net.weights.card import Card

FORMATS = {".onnx": "onnx", ".xml": "openvino", ".pt2": "torch"}
"""Suffix of a file -> format, where --format is not given."""


class About(TypedDict):
    """What the options say that the card should; None leaves it as it is."""

    name: str | None
    size: int | None
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    divide_by_max: bool | None
    stretch: bool | None
    classes: tuple[str, ...]
    task: str
    extra: tuple[str, ...]
    source: str | None
    licence: str | None
    training_data: str | None


def numbers(text: str) -> tuple[float, ...]:
    """One number a channel, with commas between."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text}: not numbers with commas between") from error


def height_by_width(text: str) -> tuple[int, int]:
    """`HxW`, two whole numbers from 1 to 8192."""
    sides = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    if not sides or not all(1 <= int(side) <= 8192 for side in sides.groups()):
        raise click.BadParameter(f"{text}: not HEIGHTxWIDTH in pixels, such as 320x320")
    return int(sides[1]), int(sides[2])


@click.command(name="export")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "output",
    required=True,
    type=click.Path(path_type=Path),
    help="File to write, or the folder for the hub.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS.values(), "hub"]),
    help="OpenVINO's is FILE.xml and FILE.bin; hub is a folder for Hugging Face.  "
    "[default: by the suffix of FILE]",
)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "fp16", "int8"]),
    default="fp32",
    show_default=True,
    help="fp16 takes half the bytes; int8 is fp16 that was calibrated, and proved, to run in int8.",
)
@click.option(
    "--calibrate",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of at least 8 real photos: makes bf16 and int8 hold, and proves that they do.  "
    "[default for int8: a few embedded photos]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Photos with truth: tells what the file costs in max F and MAE, and refuses too much.",
)
@click.option(
    "--fixed",
    type=height_by_width,
    metavar="HxW",
    help="One picture of this size and no other: for OpenCV, TensorRT and kin.",
)
@click.option("--opset", type=int, help="ONNX operators, 11 to 18.  [default: 18]")
@click.option(
    "--outputs",
    type=click.Choice(["fused", "all"]),
    default="fused",
    show_default=True,
    help="The fused map, or the maps of the levels behind it too.",
)
@click.option("--logits", is_flag=True, help="Maps before the sigmoid; not for u2net remove.")
@click.option("--name", help="What the model is called.")
@click.option("--size", type=click.IntRange(1), help="Side at which the network sees pictures.")
@click.option(
    "--mean", type=numbers, metavar="A,B,C", help="Subtracted from the channels, which are 0…1."
)
@click.option("--std", type=numbers, metavar="A,B,C", help="Divides the channels after that.")
@click.option(
    "--divide-by-max/--divide-by-255", default=None, help="How pictures are scaled to 0…1."
)
@click.option("--stretch/--no-stretch", default=None, help="Stretch every map to 0…1.")
@options.classes
@options.task
@options.extra
@click.option("--source", help="Who made the weights, and from what.")
@click.option("--licence", help="Licence of the weights.")
@click.option("--training-data", help="Data sets that they were trained on.")
@options.as_json
def command(
    model: Path,
    output: Path,
    kind: str | None,
    precision: str,
    calibrate: Path | None,
    data: Path | None,
    fixed: tuple[int, int] | None,
    opset: int | None,
    outputs: Literal["fused", "all"],
    logits: bool,
    as_json: bool,
    **about: "Unpack[About]",
) -> int:
    """Turn MODEL, a checkpoint of any kind or a run folder, into a file that runs without torch.

    The file is compared with the network first, and not written if any pixel differs by more than
    1e-4 (or than float32 explains), nor, with --data, if max F or MAE get worse by more than .002.
    In it is a card: what is known about MODEL, changed by the options from --name on.
    """
    kind = format_of(output, kind)
    form = formed(kind, fixed=fixed, opset=opset, outputs=outputs, logits=logits)
    check_precision(precision, kind)
    check_photos(calibrate, data, precision, kind, form)

    from u2net.export import card_for, deploy, runs_of
    from u2net.export.runs import weights_in
    from u2net.network import load_checkpoint

    checkpoint = weights_in(model)
    net = load_checkpoint(checkpoint)
    check_target(output, checkpoint, kind)
    card = changed(card_for(model), about, fixed)
    photos_with_truth = data_set(data, card)
    if (net.inputs, net.outputs) != (3 + len(card.extra), card.maps):
        ends = f"takes {net.inputs} channels and gives {net.outputs} maps"
        say(f"{card.name} {ends}: for other programs; its card says otherwise")
    found: list[Parity] = []

    def check(made: Path) -> None:
        if photos_with_truth:
            runs = runs_of(made, kind, precision)
            found.extend(compared(net, runs, card, photos_with_truth))

    proof = deploy(
        net,
        card,
        output,
        kind=kind,
        precision=precision,
        form=form,
        photos=photos_for(calibrate, precision),
        check=check,
        say=say,
    )
    report(proof, found, card, output, as_json)
    return 0


def format_of(output: Path, kind: str | None) -> str:
    """The format that was asked for, or that the suffix says; another suffix is refused."""
    if kind:
        return kind
    known = FORMATS.get(output.suffix.lower())
    if known is None:
        ways = ", ".join(f"{suffix} ({name})" for suffix, name in FORMATS.items())
        raise click.UsageError(f"{output}: no format has this suffix; use {ways}, or say --format")
    return known


def formed(
    kind: str,
    *,
    fixed: tuple[int, int] | None,
    opset: int | None,
    outputs: Literal["fused", "all"],
    logits: bool,
) -> "Form":
    """What the file takes and gives."""
    from u2net.export import Form

    if opset is not None and kind != "onnx":
        raise click.UsageError("--opset is for ONNX files")
    form = Form(size_hw=fixed, outputs=outputs, logits=logits)
    try:
        return form if opset is None else replace(form, opset=opset)
    except ValueError as error:
        raise click.UsageError(f"--opset: {error}") from error


def check_precision(precision: str, kind: str) -> None:
    """Refuse a precision that the format, or the processor, has not."""
    if precision == "int8":
        if kind == "torch":
            raise click.UsageError("torch's programs are fp32 or fp16: int8 is for the others")
        check_can_prove(precision)


def check_photos(
    calibrate: Path | None, data: Path | None, precision: str, kind: str, form: "Form"
) -> None:
    """Refuse photos that cannot be used."""
    if calibrate and precision != "int8" and kind not in ("onnx", "hub"):
        raise click.UsageError("--calibrate is for ONNX files, which keep what it finds, and int8")
    if (calibrate or precision == "int8") and (
        form.size_hw or form.logits or form.outputs == "all"
    ):
        raise click.UsageError(
            "--calibrate and int8 are for files that u2net runs; leave out --fixed, --outputs and "
            "--logits"
        )
    if data and form.logits:
        raise click.UsageError("--data is for files that u2net runs; leave out --logits")


def check_target(output: Path, checkpoint: Path, kind: str) -> None:
    """Refuse a place that cannot be written, or should not be."""
    from u2net.errors import OutputError
    from u2net.files import check_name, check_takes_files, is_folder, is_there

    check_name(output)
    if kind == "hub" and not (output.name and (not is_there(output) or is_empty(output))):
        raise OutputError(f"{output}: is there already; name a new folder for the hub")
    check_suffix(output, kind)
    if kind != "hub" and is_folder(output):
        raise OutputError(f"{output}: is a folder; name a file")
    if any(is_there(f) and f.samefile(checkpoint) for f in (output, output.with_suffix(".bin"))):
        raise click.UsageError("FILE would replace MODEL; choose another name")
    check_takes_files(output.parent)


def check_suffix(output: Path, kind: str) -> None:
    """Refuse a name by which the file would not be known; ONNX files may be called anything."""
    from u2net.errors import OutputError

    wanted = next((suffix for suffix, known in FORMATS.items() if known == kind), None)
    if kind in ("openvino", "torch") and output.suffix != wanted:
        raise OutputError(f"{output}: {kind} wants the suffix {wanted}")


def is_empty(path: Path) -> bool:
    """Whether there is a folder, and nothing in it."""
    from u2net.files import is_folder

    return is_folder(path) and not any(path.iterdir())


def photos_for(calibrate: Path | None, precision: str) -> "Sequence[Source] | None":
    """The photos to calibrate on, where that is asked for."""
    from u2net.export import embedded_photos, photos_in

    if calibrate:
        return photos_in(calibrate)
    if precision == "int8":
        say("calibrated on a few photos of the package: --calibrate FOLDER, of your own, is better")
        return embedded_photos()
    return None


def data_set(place: Path | None, card: "Card") -> "DataSet | None":
    """The photos with truth, where they are asked for."""
    from u2net.evaluation.models import DataSet

    if place and card.task != "saliency":
        raise click.UsageError("--data is for saliency: score classes with u2net evaluate")
    return DataSet.find(place) if place else None


def compared(net: "U2Net", runs: "dict[str, Run]", card: "Card", data: "DataSet") -> "list[Parity]":
    """What the file costs on `data`; raises when that is too much."""
    from u2net.cli.progress import progress
    from u2net.evaluation.parity import parity
    from u2net.export import maps_by

    say(f"comparing on {len(data.truths)} photos of {data.name}")
    files = {name: first_map(run) for name, run in runs.items()}
    with progress(len(data.truths), quiet=False) as (advance, _):
        results = parity(first_map(maps_by(net, card.task)), files, card, data, advance=advance)
    for one in results:
        one.check()
    return results


def first_map(run: "Run") -> "Callable[[Batch], Saliency]":
    """The fused map of one picture."""
    return lambda batch: run(batch)[0][0, 0]


def check_can_prove(precision: str) -> None:
    """Refuse int8 where the processor has none, since it could not be proved; say what it lacks."""
    from u2net.engines import PRECISIONS
    from u2net.engines.openvino import OpenVinoDevice
    from u2net.errors import EngineError

    lacking = [one for one in PRECISIONS if one not in OpenVinoDevice("cpu").precisions()]
    if precision in lacking:
        raise EngineError(
            f"this processor has no {precision}, so that it cannot be proved here; "
            "export on one that has, or with --precision fp16"
        )
    if lacking:
        say(f"this processor has no {' and no '.join(lacking)}, which is not proved then")


def report(
    proof: "Proof", found: "list[Parity]", card: "Card", output: Path, as_json: bool
) -> None:
    """Say how far the file is from the network."""
    if as_json:
        about = {"file": str(output), "card": card.name, **asdict(proof)}
        click.echo(json.dumps(about | {"data": [asdict(one) for one in found]}))
        return
    rounding = f" (to the weights in float32: {proof.rounding:.1e})" if proof.rounding else ""
    mean = f"largest difference to the network {proof.difference:.1e}, mean {proof.mean:.1e}"
    click.echo(f"{output}: {mean}{rounding}")
    for one in found:
        click.echo(str(one))


def normalised(card: "Card", extra: tuple[str, ...]) -> dict[str, Any]:
    """What channels are normalised by where nobody says: colours as the card has them."""
    from u2net.weights.card import EXTRA_MEAN, EXTRA_STD

    mean, std = ((each,) * len(extra) for each in (EXTRA_MEAN, EXTRA_STD))
    return {"mean": card.mean[:3] + mean, "std": card.std[:3] + std}


def changed(card: "Card", about: About, fixed: tuple[int, int] | None) -> "Card":
    """`card` with what the options say."""
    settings: dict[str, Any] = {key: value for key, value in about.items() if value is not None}
    if not settings["classes"]:
        del settings["classes"], settings["task"]
    if not settings["extra"]:
        del settings["extra"]
    else:
        settings = normalised(card, settings["extra"]) | settings
    size = settings.pop("size", None)
    if size and fixed and fixed != (size, size):
        raise click.UsageError(f"--size {size} is not what --fixed says; leave it out")
    if size or fixed:
        settings["size_hw"] = fixed or (size, size)
    try:
        return replace(card, **settings)
    except ValueError as error:
        raise click.UsageError(f"the card cannot be so: {error}") from error
