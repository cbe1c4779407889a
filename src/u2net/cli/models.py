"""`u2net models`: which networks there are, and what a network file says of itself."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from u2net.weights.catalog import Model


@click.group(name="models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    """Name the models, or show the card of one."""
    return 0 if context.invoked_subcommand else print_list(as_json)


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(as_json: bool) -> int:
    """Name the models that are there without a file of your own."""
    return print_list(as_json)


@command.command()
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(model: str, as_json: bool) -> int:
    """Print the card of MODEL: a name, an ONNX file or a run folder."""
    from u2net.weights.catalog import find_model

    about = described(find_model(model))
    if as_json:
        click.echo(json.dumps(about, ensure_ascii=False))
        return 0
    for name, value in about.items():
        click.echo(f"{name.replace('_', ' '):<14} {readable(value)}")
    return 0


@command.command()
@click.argument("model", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(model: str | None, as_json: bool) -> int:
    """Run MODEL, or every model that is there without a file of your own, once."""
    from u2net.weights.catalog import embedded

    found = [verified(name) for name in ([model] if model else embedded())]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return 0
    for one in found:
        click.echo(f"{one['name']}: runs on {one['engine']} in {one['precision']}, {one['sha256']}")
    return 0


@command.command()
@click.argument("network")
def spec(network: str) -> int:
    """Print the configuration table of NETWORK, full, lite, u3 or a checkpoint, as JSON."""
    from u2net.network import FULL, LITE, U3, load_checkpoint
    from u2net.network.specs import spec_to_json

    known = {"full": FULL, "lite": LITE, "u3": U3}
    found = known[network] if network in known else load_checkpoint(network).spec
    click.echo(spec_to_json(found))
    return 0


def print_list(as_json: bool) -> int:
    """Print all models, one a line."""
    from u2net.weights.catalog import embedded, find_model

    about = [described(find_model(name)) for name in embedded()]
    if as_json:
        click.echo(json.dumps(about, ensure_ascii=False))
        return 0
    for model in about:
        megabytes = f"{model['bytes'] / 1e6:.1f} MB"
        click.echo(f"{model['name']:<8} {megabytes:>8}  {readable(model['scores'])}")
    return 0


def described(model: "Model") -> dict[str, Any]:
    """The card of `model` and what its file says by itself."""
    return asdict(model.card) | {"file": str(model.path), "bytes": len(model.data)}


def verified(name: str) -> dict[str, str]:
    """What was found when the model `name` was run. Raises `U2NetError` when it cannot be."""
    from hashlib import sha256

    import numpy as np

    from u2net.remover import Remover
    from u2net.weights.catalog import find_model

    remover = Remover(name)
    remover.mask(np.zeros((64, 64, 3), np.uint8))
    engine = remover.load().engine
    return {
        "name": name,
        "sha256": sha256(find_model(name).data).hexdigest(),
        "engine": engine.name,
        "precision": engine.precision,
    }


def readable(value: object) -> str:
    """`value` as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {readable(one)}" for name, one in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return str(value)
