"""Names that others give to the same weights, each derived from ours.

Only the direction ours -> theirs exists; loading inverts it over the keys of a network of ours.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_LEVEL = re.compile(r"(encoders|decoders)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one family of checkpoints names what we name otherwise."""

    name: str
    """What the family is called in messages."""
    sign: str
    """A key that only this family has."""
    convolution_bias: bool
    """False where convolutions before a batch norm have no bias: theirs is zero."""
    translate: Callable[[Iterable[str]], dict[str, str]]
    """All keys of a network of ours -> {our key: their key}."""


def authors_key(key: str) -> str:
    """`encoders.3.decoders.1.conv.weight` -> `stage4.rebnconv2d.conv_s1.weight`."""
    parts = {"stem": "rebnconvin", "conv": "conv_s1", "norm": "bn_s1", "fuse": "outconv"}
    nesting = iter(("stage", "rebnconv"))

    def level(match: re.Match[str]) -> str:
        side, index = match.groups()
        return f"{next(nesting)}{int(index) + 1}{'d' if side == 'decoders' else ''}"

    key = re.sub(r"sides\.(\d+)", lambda m: f"side{int(m[1]) + 1}", _LEVEL.sub(level, key))
    return ".".join(parts.get(part, part) for part in key.split("."))


def modules_keys(keys: Iterable[str]) -> dict[str, str]:
    """`encoders.3.decoders.1.conv.weight` -> `encode_modules.3.decode_modules.1.conv.weight`.

    That family counts decoders and side outputs from the coarsest level, so a key alone is not enough:
    the number of its siblings decides.
    """
    keys = list(keys)
    counted = [m for key in keys for m in re.finditer(r"(?:^|\.)(decoders|sides)\.(\d+)", key)]
    last: dict[str, int] = {}
    for match in counted:
        place = match.string[: match.end(1)]
        last[place] = max(last.get(place, 0), int(match[2]))
    parts = {"stem": "conv_in", "norm": "bn", "fuse": "out_conv"}
    modules = {"encoders": "encode_modules", "decoders": "decode_modules", "sides": "side_modules"}

    def translate(key: str) -> str:
        def level(match: re.Match[str]) -> str:
            place, index = key[: match.end(1)], int(match[2])
            return f"{modules[match[1]]}.{last[place] - index if place in last else index}"

        key_ = re.sub(r"(encoders|decoders|sides)\.(\d+)", level, key)
        return ".".join(parts.get(part, part) for part in key_.split("."))

    return {key: translate(key) for key in keys}


OURS = Dialect(
    name="this package's",
    sign="encoders.0.stem.conv.weight",
    convolution_bias=True,
    translate=lambda keys: {key: key for key in keys},
)
AUTHORS = Dialect(
    name="the authors'",
    sign="stage1.rebnconvin.conv_s1.weight",
    convolution_bias=True,
    translate=lambda keys: {key: authors_key(key) for key in keys},
)
MODULES = Dialect(
    name="the encode_modules family's",
    sign="encode_modules.0.conv_in.conv.weight",
    convolution_bias=False,
    translate=modules_keys,
)
DIALECTS = (OURS, AUTHORS, MODULES)
