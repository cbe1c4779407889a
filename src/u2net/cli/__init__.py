"""The command line: one file per verb, imported when that verb is called."""

from u2net.cli import interruption


def main() -> int:
    """Run the command line; every error of this package becomes one line on stderr and status 1."""
    with interruption.watched():
        from u2net.cli.verbs import run

        return run()
