"""`u2net`, and `python -m u2net`: the command line as a process of its own."""

import os
import sys

# Not `signal`, whose import takes longer than all that comes before it.
from _signal import (  # type: ignore[import-not-found]
    SIGINT,
    default_int_handler,
    getsignal,
    signal,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


def _leave(number: int, frame: "FrameType | None") -> None:
    """End at once: nothing has begun yet."""
    os.write(2, b"u2net: interrupted\n")
    os._exit(128 + number)


# A process that another one starts for its work reads this too, and has its own way to end.
if "multiprocessing.spawn" not in sys.modules and getsignal(SIGINT) is default_int_handler:
    signal(SIGINT, _leave)


def main() -> int:
    """The command line's exit status; signals are answered from the first moment to the last."""
    from u2net.cli import interruption

    interruption.watch()
    from u2net.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
