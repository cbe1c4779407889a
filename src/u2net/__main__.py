"""`u2net`, and `python -m u2net`: the command line as a process of its own."""

import sys

from u2net.cli import interruption


def main() -> int:
    """The command line's exit status; signals are answered from the first moment to the last."""
    interruption.watch()
    from u2net.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
