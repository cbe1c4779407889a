"""The verbs of the command line, and what each ends with."""

from importlib import import_module
from typing import Any

import click

from u2net import __version__
from u2net.cli import interruption

VERBS = {
    "remove": "Cut the salient object out of pictures.",
    "serve": "Cut out over HTTP, and show a page that does so.",
    "train": "Train a network from scratch, or go on with a run.",
    "data": "Look at a data set before any training.",
    "evaluate": "Score maps, or a model, against ground truth.",
    "compare-blocks": "Compare blocks and arrangements of U's, as the paper does.",
    "export": "Turn a checkpoint into a deployable file.",
    "models": "Name the models, or show the card of one.",
    "cache": "List what is kept to be faster the next time, or delete it.",
    "bench": "Measure the speed of this machine, engine by engine.",
    "doctor": "Say what is installed and what will be used.",
}
"""Verb -> help line. The module u2net.cli.VERB holds a click command named `command`."""


def module_of(verb: str) -> str:
    """Where the command of a verb is."""
    return f"u2net.cli.{verb.replace('-', '_')}"


class Verbs(click.Group):
    """A group that imports a verb only when it is called: --version and --help stay fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        with interruption.in_order(False):
            command: click.Command = import_module(module_of(cmd_name)).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with interruption.in_order():
                return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            # Click would print an empty line.
            raise interruption.Ended from interrupt

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"max_content_width": 100})
@click.version_option(__version__, message="%(version)s")
def group() -> None:
    """U²-Net: find the salient object of a picture, cut it out, score it, train it, export it."""


def run() -> int:
    """Run the verb that was called; the exit status. Nothing but usage and bugs is raised."""
    from u2net.cli.messages import say
    from u2net.errors import U2NetError

    try:
        status = group.main(standalone_mode=False)
    except (interruption.Ended, click.exceptions.Abort):
        word, status = interruption.told()
        say(word)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except U2NetError as error:
        say(str(error))
        return 1
    return status if isinstance(status, int) else 0
