"""`u2net export`: a checkpoint to a deployable file."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import click

from u2net.cli import options
from u2net.cli.messages import say

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from u2net.export import Form, Precision, Proof
    from u2net.network import U2Net
    from u2net.weights.card import Card

FORMATS = {".onnx": "onnx", ".xml": "openvino"}
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
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(FORMATS.values())),
    help="OpenVINO's is FILE.xml and FILE.bin.  [default: by the suffix of FILE]",
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
    help="Folder of at least 8 real photos: makes bf16 and int8 hold, and proves that they do.",
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
    fixed: tuple[int, int] | None,
    opset: int | None,
    outputs: Literal["fused", "all"],
    logits: bool,
    as_json: bool,
    **about: "Unpack[About]",
) -> int:
    """Turn MODEL, a checkpoint of any kind or a run folder, into a file that runs without torch.

    The file is compared with the network first, and not written if any pixel differs by more than
    1e-4. In it is a card: what is known about MODEL, changed by the options from --name on.
    """
    kind = format_of(output, kind)
    form = formed(kind, fixed=fixed, opset=opset, outputs=outputs, logits=logits)
    check_calibration(calibrate, precision, kind, form)

    from u2net.export import card_for
    from u2net.export.runs import weights_in
    from u2net.files import check_folder
    from u2net.network import load_checkpoint

    checkpoint = weights_in(model)
    net = load_checkpoint(checkpoint)
    if any(f.exists() and f.samefile(checkpoint) for f in (output, output.with_suffix(".bin"))):
        raise click.UsageError("FILE would replace MODEL; choose another name")
    card = changed(card_for(model), about, fixed)
    check_folder(output.parent)
    if (net.inputs, net.outputs) != (3 + len(card.extra), card.maps):
        ends = f"takes {net.inputs} channels and gives {net.outputs} maps"
        say(f"{card.name} {ends}: for other programs; its card says otherwise")
    proof = deploy(net, card, output, kind, precision=precision, photos=calibrate, form=form)
    report(proof, card, output, as_json)
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


def check_calibration(photos: Path | None, precision: str, kind: str, form: "Form") -> None:
    """Refuse what photos are missing for, or cannot be used for."""
    if precision == "int8" and not photos:
        raise click.UsageError("--precision int8 needs photos: --calibrate FOLDER")
    if photos and kind != "onnx":
        raise click.UsageError("--calibrate is for ONNX files, which keep what it finds")
    if photos and (form.size_hw or form.logits or form.outputs == "all"):
        raise click.UsageError(
            "--calibrate is for files that u2net runs; leave out --fixed, --outputs and --logits"
        )


def deploy(
    net: "U2Net",
    card: "Card",
    output: Path,
    kind: str,
    *,
    precision: str,
    photos: Path | None,
    form: "Form",
) -> "Proof":
    """Write the file; with `photos` not before it is calibrated on them."""
    from u2net.errors import UnfitModelError
    from u2net.export import EXPORTERS, calibrate_file, photos_in
    from u2net.files import atomic

    if photos:
        photos_in(photos)  # refuses before the long work
        check_can_prove(precision)
    say(f"tracing {card.name} and comparing, half a minute or so")
    stored: Precision = "fp32" if precision == "fp32" else "fp16"
    if not photos:
        return EXPORTERS[kind](net, card, output, precision=stored, form=form)
    with atomic(output) as temporary:
        proof = EXPORTERS[kind](net, card, temporary, precision=stored, form=form)
        say(f"calibrating on photos of {photos}, a minute or so")
        holding = calibrate_file(temporary, photos).precisions
        say(f"precisions that hold: {', '.join(holding)}")
        if precision == "int8" and precision not in holding:
            raise UnfitModelError(f"{card.name}: int8 does not hold its quality; export fp16")
    return proof


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


def report(proof: "Proof", card: "Card", output: Path, as_json: bool) -> None:
    """Say how far the file is from the network."""
    if as_json:
        found = {"difference": proof.difference, "rounding": proof.rounding}
        click.echo(json.dumps({"file": str(output), "card": card.name, **found}))
    else:
        rounding = f" (to the weights in float32: {proof.rounding:.1e})" if proof.rounding else ""
        click.echo(f"{output}: largest difference to the network {proof.difference:.1e}{rounding}")


def changed(card: "Card", about: About, fixed: tuple[int, int] | None) -> "Card":
    """`card` with what the options say."""
    settings: dict[str, Any] = {key: value for key, value in about.items() if value is not None}
    if not settings["classes"]:
        del settings["classes"], settings["task"]
    size = settings.pop("size", None)
    if size and fixed and fixed != (size, size):
        raise click.UsageError(f"--size {size} is not what --fixed says; leave it out")
    if size or fixed:
        settings["size_hw"] = fixed or (size, size)
    try:
        return replace(card, **settings)
    except ValueError as error:
        raise click.UsageError(f"the card cannot be so: {error}") from error
