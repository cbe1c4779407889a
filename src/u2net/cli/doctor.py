"""`u2net doctor`: what is installed, and what will be used."""

import json
from typing import Any

import click

from u2net.cli import options


@click.command(name="doctor")
@options.model
@options.engine
@options.precision
@options.as_json
def command(model: str, engine: str, precision: str, as_json: bool) -> int:
    """Say what is installed, and which engine, device and precision will be used and why.

    Status 1 when the model cannot be run here.
    """
    from u2net.machine.doctor import examine

    found = examine(model, engine=engine, precision=precision)
    click.echo(json.dumps(found, indent=2) if as_json else told(found))
    return 1 if "error" in found["chosen"] else 0


def told(found: dict[str, Any]) -> str:
    """For people, a fact a line."""
    processor, cache, chosen = found["processor"], found["cache"], found["chosen"]
    packages = ", ".join(f"{name} {v}" for name, v in found["packages"].items() if v)
    absent = ", ".join(name for name, v in found["packages"].items() if not v)
    return "\n".join(
        [
            f"u2net      {found['u2net']}, Python {found['python']}, {found['system']}",
            f"packages   {packages}",
            f"absent     {absent or 'none'}",
            f"processor  {processor['name']}, {processor['usable']} of {processor['cores']} cores"
            f" usable, {'fast' if processor['int8'] else 'no fast'} int8",
            *(
                f"engine     {name}: {', '.join(fast)}"
                for name, fast in (found["engines"] or {"none": []}).items()
            ),
            f"cache      {cache['files']} compiled models, {cache['bytes'] / 1e6:.1f} MB"
            f" in {cache['folder']}",
            f"{chosen['model']:10} {outcome(chosen)}",
            *(
                f"           {name}: tried first, and {why}"
                for name, why in chosen.get("refused", {}).items()
            ),
            *(f"           {reason}" for reason in chosen.get("why", [])),
        ]
    )


def outcome(chosen: dict[str, Any]) -> str:
    """What the model will run on, or why it cannot."""
    if "error" in chosen:
        return f"cannot run: {chosen['error']}"
    return f"{chosen['engine']} on {chosen['device']} in {chosen['precision']}"
