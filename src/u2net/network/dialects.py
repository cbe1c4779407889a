"""Names that others give to the same weights, each derived from ours.

Only the direction ours -> theirs exists; loading inverts it over the keys of a network of ours.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

PLACE = re.compile(r"(encoders|decoders|sides)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one family of checkpoints names what we name otherwise."""

    name: str
    """Whose names they are, for messages."""
    known_by: str
    """A key that every network of this family has, and no other family."""
    convolution_bias: bool = True
    """False where convolutions before a batch norm have no bias: it is zero."""
    translate: Callable[[Iterable[str]], dict[str, str]]
    """All keys of a network of ours -> {our key: their key}."""


def own_keys(keys: Iterable[str]) -> dict[str, str]:
    """Nothing to translate."""
    return {key: key for key in keys}


def authors_keys(keys: Iterable[str]) -> dict[str, str]:
    """`encoders.3.decoders.1.conv.weight` -> `stage4.rebnconv2d.conv_s1.weight`."""
    parts = {"stem": "rebnconvin", "conv": "conv_s1", "norm": "bn_s1", "fuse": "outconv"}

    def translate(key: str) -> str:
        nesting = iter(("stage", "rebnconv"))

        def place(match: re.Match[str]) -> str:
            kind, number = match[1], int(match[2]) + 1
            if kind == "sides":
                return f"side{number}"
            return f"{next(nesting, kind)}{number}{'d' if kind == 'decoders' else ''}"

        return _parts(PLACE.sub(place, key), parts)

    return {key: translate(key) for key in keys}


def modules_keys(keys: Iterable[str]) -> dict[str, str]:
    """`encoders.3.decoders.0.conv.weight` -> `encode_modules.3.decode_modules.2.conv.weight`.

    Decoders and sides count from the coarsest level there, so the number of siblings decides.
    """
    keys = list(keys)
    parts = {"stem": "conv_in", "norm": "bn", "fuse": "out_conv"}
    kinds = {"encoders": "encode_modules", "decoders": "decode_modules", "sides": "side_modules"}
    last: dict[str, int] = {}
    for match in (match for key in keys for match in PLACE.finditer(key)):
        siblings = match.string[: match.end(1)]
        last[siblings] = max(last.get(siblings, 0), int(match[2]))

    def place(match: re.Match[str]) -> str:
        kind, number = match[1], int(match[2])
        if kind != "encoders":
            number = last[match.string[: match.end(1)]] - number
        return f"{kinds[kind]}.{number}"

    return {key: _parts(PLACE.sub(place, key), parts) for key in keys}


def _parts(key: str, names: dict[str, str]) -> str:
    return ".".join(names.get(part, part) for part in key.split("."))


DIALECTS = (
    Dialect(name="this package's", known_by="fuse.weight", translate=own_keys),
    Dialect(
        name="the authors'", known_by="stage1.rebnconvin.conv_s1.weight", translate=authors_keys
    ),
    Dialect(
        name="encode_modules",
        known_by="encode_modules.0.conv_in.conv.weight",
        convolution_bias=False,
        translate=modules_keys,
    ),
)
