"""Options of more than one verb: spelt, explained and checked once."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

import click

from u2net.edges import EDGES, Edges
from u2net.engines import PRECISIONS
from u2net.engines.choice import NAMES, parse
from u2net.errors import EngineError
from u2net.pictures.limits import LIMITS, Limits

Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[[Command], Command]


def _known_engine(context: click.Context, option: click.Parameter, value: str) -> str:
    if value != "auto":
        try:
            parse(value)
        except EngineError as error:
            raise click.BadParameter(str(error)) from error
    return value


model: Option[Any] = click.option(
    "-m",
    "--model",
    default="lite",
    show_default=True,
    metavar="NAME|FILE.onnx",
    help="Name of a model, an ONNX file, or a run folder.",
)

engine: Option[Any] = click.option(
    "--engine",
    default="auto",
    show_default=True,
    metavar="|".join(["auto", *NAMES]),
    callback=_known_engine,
    help="What runs the network; with a device after a colon, such as openvino:gpu.",
)

precision: Option[Any] = click.option(
    "--precision",
    type=click.Choice(["auto", *PRECISIONS]),
    default="auto",
    show_default=True,
    help="Arithmetic of the engine; auto is the fastest that holds the model's quality.",
)

as_json: Option[Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout."
)

quiet: Option[Any] = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",")) if value else ()


classes: Option[Any] = click.option(
    "--classes",
    metavar="A,B,…",
    callback=_names,
    help="Of what tells classes apart: their names, from number 0.",
)

task: Option[Any] = click.option(
    "--task",
    type=click.Choice(["multiclass", "multilabel"]),
    default="multiclass",
    show_default=True,
    help="How classes go together: one a pixel, or a mask for each.",
)

ignore: Option[Any] = click.option(
    "--ignore",
    type=int,
    default=255,
    show_default=True,
    help="The number in masks of classes that counts for nothing.",
)


extra: Option[Any] = click.option(
    "--extra",
    multiple=True,
    metavar="NAME",
    help="Channel beside the colours, such as depth; may be repeated.",
)


def edges(default: Edges) -> Option[Any]:
    """`--edges`: what is made of the map at the photo's size."""
    return click.option(
        "--edges",
        type=click.Choice(EDGES),
        default=default,
        show_default=True,
        help="How the map gets to the photo's size: enlarged (off), drawn to its edges (fast), or "
        "then estimated there pixel by pixel (matting).",
    )


def jobs(what: str) -> Option[Any]:
    """`--jobs`: how many `what` there are at a time; None is as many as there are cores."""
    return click.option(
        "--jobs", type=click.IntRange(min=1), metavar="N", help=f"{what}  [default: cores]"
    )


_LIMITS = {"pixels": "pixels", "side": "side", "file": "file_bytes", "memory": "memory_bytes"}
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3}
_LIMIT = re.compile(rf"({'|'.join(_LIMITS)})=([1-9]\d{{0,14}})([KMG]?)")


def _limits(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> Limits:
    changed = {}
    for text in value:
        found = _LIMIT.fullmatch(text)
        if found is None:
            raise click.BadParameter(
                f"{text}: give pixels=N, side=N, file=BYTES or memory=BYTES, such as pixels=500M"
            )
        field = _LIMITS[found[1]]
        thousand = 1024 if field.endswith("bytes") else 1000
        changed[field] = int(found[2]) * int(thousand ** _UNITS[found[3]])
    return replace(LIMITS, **changed)


limits: Option[Any] = click.option(
    "--limit",
    "limits",
    multiple=True,
    callback=_limits,
    metavar="NAME=N",
    help="Largest picture that is read: pixels (250M), side (65535), file (1G bytes) or memory "
    "(6G bytes, at 24 a pixel).",
)


def check_together(pairs: Iterable[tuple[str, str]]) -> None:
    """Raise `click.UsageError` when both options of a pair differ from their defaults."""
    given = changed()
    for one, other in pairs:
        if {one, other} <= given:
            raise click.UsageError(f"{one} and {other} do not go together: leave out one")


def changed() -> set[str]:
    """The options of the command that differ from their defaults."""
    context = click.get_current_context()
    return {
        name
        for option in context.command.params
        # An option that has no default is None where it was not given, a repeated one ().
        if option.name
        and context.params[option.name] not in (None, (), option.get_default(context))
        for name in option.opts
    }
