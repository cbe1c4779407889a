"""Spec <-> JSON: what a checkpoint of ours stores beside its weights, so that any spec rebuilds."""

import json
from typing import Any

from u2net.network.unet import BlockSpec, NestedSpec, RSUSpec, U2NetSpec

WIDEST, DEEPEST, MOST_LEVELS, MOST_NESTINGS = 8192, 32, 16, 4
"""Limits on what a file may ask for, so that a hostile one cannot exhaust the machine."""


def spec_to_json(spec: U2NetSpec) -> str:
    """`spec` as one JSON object."""
    return json.dumps(_table(spec))


def spec_from_json(text: str) -> U2NetSpec:
    """The spec in `text`. Raises `ValueError` for anything that is none or is beyond all reason."""
    try:
        return _spec(json.loads(text), nestings=1)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a network spec ({error})") from error


def _table(spec: U2NetSpec) -> dict[str, Any]:
    return {
        "encoders": [_row(block) for block in spec.encoders],
        "decoders": [_row(block) for block in spec.decoders],
    }


def _row(block: BlockSpec) -> dict[str, Any]:
    match block:
        case RSUSpec(depth, mid, out, dilated):
            return {"depth": depth, "mid": mid, "out": out, "dilated": dilated}
        case NestedSpec(inner, out):
            return {"inner": _table(inner), "out": out}
    raise TypeError(f"a {type(block).__name__} cannot be stored; use RSUSpec or NestedSpec")


def _spec(table: dict[str, Any], nestings: int) -> U2NetSpec:
    encoders, decoders = (tuple(table[side]) for side in ("encoders", "decoders"))
    if nestings > MOST_NESTINGS or not 1 <= len(encoders) <= MOST_LEVELS:
        raise ValueError("not a network spec: too deep, or no levels")
    if len(encoders) != len(decoders) + 1:
        raise ValueError("not a network spec: one encoder more than decoders was expected")
    return U2NetSpec(
        encoders=tuple(_block(row, nestings) for row in encoders),
        decoders=tuple(_block(row, nestings) for row in decoders),
    )


def _block(row: dict[str, Any], nestings: int) -> BlockSpec:
    out = _count(row["out"], WIDEST)
    if "inner" in row:
        return NestedSpec(_spec(row["inner"], nestings + 1), out)
    depth, mid = _count(row["depth"], DEEPEST), _count(row["mid"], WIDEST)
    if depth < 2:
        raise ValueError("not a network spec: a block needs two levels or more")
    return RSUSpec(depth, mid, out, bool(row.get("dilated", False)))


def _count(value: object, limit: int) -> int:
    if type(value) is not int or not 1 <= value <= limit:
        raise ValueError(f"not a network spec: {value!r} is not a whole number from 1 to {limit}")
    return value
