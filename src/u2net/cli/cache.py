"""`u2net cache`: what is kept to be faster the next time, and how it is emptied."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from u2net.cli import options
from u2net.machine.cache import cache_root

if TYPE_CHECKING:
    from u2net.machine.cache import Kept


@click.group(name="cache", invoke_without_command=True)
@options.as_json
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    """List what the cache holds, or empty it: compiled models, and packed data sets."""
    return 0 if context.invoked_subcommand else print_list(as_json)


@command.command(name="list")
@options.as_json
def list_(as_json: bool) -> int:
    """Name what is kept, with its size and when it was used last."""
    return print_list(as_json)


@command.command()
@options.as_json
def clear(as_json: bool) -> int:
    """Delete all that no process is using; it is made anew when it is needed."""
    from u2net.machine.cache import clear

    gone, stays = clear()
    if as_json:
        document = {"deleted": [table(one) for one in gone], "used": [table(one) for one in stays]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return 0
    click.echo(f"{cache_root()}: {len(gone)} deleted, {megabytes(gone)} MB")
    for one in stays:
        click.echo(f"{one.path}: stays, a process is using it")
    return 0


def print_list(as_json: bool) -> int:
    """Print what is kept."""
    from u2net.machine.cache import contents

    kept = contents()
    if as_json:
        document = {"folder": str(cache_root()), "kept": [table(one) for one in kept]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return 0
    for one in kept:
        used = datetime.fromtimestamp(one.used).isoformat(" ", "minutes")
        click.echo(f"{one.part:<9} {megabytes([one]):>9} MB  {used}  {one.path.name}")
    click.echo(f"{cache_root()}: {len(kept)} kept, {megabytes(kept)} MB")
    return 0


def table(one: "Kept") -> dict[str, Any]:
    """One thing for JSON."""
    used = datetime.fromtimestamp(one.used).astimezone().isoformat(timespec="seconds")
    return {"part": one.part, "path": str(one.path), "bytes": one.size_bytes, "used": used}


def megabytes(kept: "list[Kept]") -> str:
    """Size of all together."""
    return f"{sum(one.size_bytes for one in kept) / 1e6:,.1f}"
