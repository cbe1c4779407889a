"""Damaged copies of sound bytes, and the bounds of a process that is given them."""

import random
import resource
from pathlib import Path

_DIGITS = b"0123456789-.e"


def damaged(data: bytes, dice: random.Random) -> bytes:
    """`data` with one to four changes: bytes set, digits changed, parts cut, doubled or put in."""
    mutant = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(mutant))
        length = dice.choice((1, 1, 2, 4, 8, 64))
        match dice.randrange(6):
            case 0:
                mutant[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
            case 1:
                mutant[at] ^= 1 << dice.randrange(8)
            case 2:
                digits = [i for i, byte in enumerate(mutant) if 0x30 <= byte <= 0x39]
                mutant[dice.choice(digits or [at])] = dice.choice(_DIGITS)
            case 3:
                del mutant[at : at + min(length, len(mutant) - 1)]
            case 4:
                mutant[at:at] = mutant[at : at + length]
            case 5:
                mutant[at:at] = dice.randbytes(length)
    return bytes(mutant)


def bound(memory: int, seconds: int) -> None:
    """Let this process take so many bytes of addresses more, and seconds of processor in all."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds,) * 2)
