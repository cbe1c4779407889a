"""`u2net export`: a checkpoint to a deployable file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from u2net.export import Precision, Proof
    from u2net.network import U2Net
    from u2net.weights.card import Card

FORMATS = {".onnx": "onnx", ".xml": "openvino"}
"""Suffix of a file -> format, where --format is not given."""


def numbers(text: str) -> tuple[float, ...]:
    """One number a channel, with commas between."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text}: not numbers with commas between") from error


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
    help="OpenVINO's is FILE.xml and FILE.bin.  [default: by the suffix of FILE, else onnx]",
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
@click.option("--source", help="Who made the weights, and from what.")
@click.option("--licence", help="Licence of the weights.")
@click.option("--training-data", help="Data sets that they were trained on.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    model: Path,
    output: Path,
    kind: str | None,
    precision: str,
    calibrate: Path | None,
    as_json: bool,
    **about: Any,
) -> int:
    """Turn MODEL, a checkpoint of any kind or a run folder, into a file that runs without torch.

    The file is compared with the network first, and not written if any pixel differs by more than
    1e-4. In it is a card: what is known about MODEL, changed by the options from --name on.
    """
    from u2net.export import card_for
    from u2net.export.runs import weights_in
    from u2net.files import check_folder
    from u2net.network import load_checkpoint

    checkpoint = weights_in(model)
    net = load_checkpoint(checkpoint)
    if any(f.exists() and f.samefile(checkpoint) for f in (output, output.with_suffix(".bin"))):
        raise click.UsageError("FILE would replace MODEL; choose another name")
    card = changed(card_for(model), **about)
    kind = kind or FORMATS.get(output.suffix, "onnx")
    if precision == "int8" and not calibrate:
        raise click.UsageError("--precision int8 needs photos: --calibrate FOLDER")
    if calibrate and kind != "onnx":
        raise click.UsageError("--calibrate is for ONNX files, which keep what it finds")
    check_folder(output.parent)
    proof = deploy(net, card, output, kind=kind, precision=precision, photos=calibrate)
    if as_json:
        found = {"difference": proof.difference, "rounding": proof.rounding}
        click.echo(json.dumps({"file": str(output), "card": card.name, **found}))
    else:
        rounding = f" (to the weights in float32: {proof.rounding:.1e})" if proof.rounding else ""
        click.echo(f"{output}: largest difference to the network {proof.difference:.1e}{rounding}")
    return 0


def deploy(
    net: "U2Net", card: "Card", output: Path, *, kind: str, precision: str, photos: Path | None
) -> "Proof":
    """Write the file; with `photos` not before it is calibrated on them."""
    from u2net.cli.messages import say
    from u2net.errors import UnfitModelError
    from u2net.export import EXPORTERS, calibrate_file
    from u2net.files import atomic

    say(f"tracing {card.name} and comparing, half a minute or so")
    stored: Precision = "fp32" if precision == "fp32" else "fp16"
    if not photos:
        return EXPORTERS[kind](net, card, output, precision=stored)
    with atomic(output) as temporary:
        proof = EXPORTERS[kind](net, card, temporary, precision=stored)
        say(f"calibrating on photos of {photos}, a minute or so")
        holding = calibrate_file(temporary, photos).precisions
        say(f"precisions that hold: {', '.join(holding)}")
        if precision == "int8" and precision not in holding:
            raise UnfitModelError(f"{card.name}: int8 does not hold its quality; export fp16")
    return proof


def changed(card: "Card", *, size: int | None, **about: Any) -> "Card":
    """`card` with what the options say."""
    settings = {name: value for name, value in about.items() if value is not None}
    if size:
        settings["size_hw"] = (size, size)
    try:
        return replace(card, **settings)
    except ValueError as error:
        raise click.UsageError(f"the card cannot be so: {error}") from error
