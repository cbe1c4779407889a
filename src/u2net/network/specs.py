"""Spec <-> JSON: what a checkpoint of ours stores beside its weights, so that any spec rebuilds."""

import json
from dataclasses import fields
from typing import Any

from u2net.network.blocks import BLOCKS
from u2net.network.blocks.conv import BlockSpec
from u2net.network.blocks.nested import U2NetSpec

LONGEST, MOST_LAYERS, MOST_LEVELS, MOST_NESTINGS = 1 << 18, 4096, 16, 4
"""Limits, the first in characters, on what a file may ask for, so that a hostile one cannot exhaust
the machine. U²-Net has 112 layers in its blocks; one nested once more about 1,400."""


def spec_to_json(spec: U2NetSpec) -> str:
    """`spec` as one JSON object. Raises `TypeError` for a block whose class is not in `BLOCKS`."""
    return json.dumps(_table(spec))


def spec_from_json(text: str) -> U2NetSpec:
    """The spec in `text`; nothing is built.

    Raises `ValueError` for anything that is none or is beyond all reason.
    """
    if len(text) > LONGEST:
        raise ValueError(f"not a network spec: {len(text):,} characters, {LONGEST:,} at most")
    try:
        spec = _spec(json.loads(text), nestings=1)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a network spec ({error})") from error
    except ValueError as error:
        raise ValueError(f"not a network spec: {error}") from error
    if spec.layers > MOST_LAYERS:
        raise ValueError(f"asks for {spec.layers:,} layers, {MOST_LAYERS:,} at most")
    return spec


def _table(spec: U2NetSpec) -> dict[str, Any]:
    return {
        "encoders": [_row(block) for block in spec.encoders],
        "decoders": [_row(block) for block in spec.decoders],
    }


def _row(block: BlockSpec) -> dict[str, Any]:
    kinds = {spec: kind for kind, spec in BLOCKS.items()}
    if type(block) not in kinds:
        name = type(block).__name__
        raise TypeError(f"a {name} cannot be stored; add it to u2net.network.BLOCKS")
    values = {field.name: getattr(block, field.name) for field in fields(block)}  # type: ignore[arg-type]
    tables = {name: _table(v) if isinstance(v, U2NetSpec) else v for name, v in values.items()}
    return {"kind": kinds[type(block)], **tables}


def _spec(table: dict[str, Any], nestings: int) -> U2NetSpec:
    encoders, decoders = (tuple(table[side]) for side in ("encoders", "decoders"))
    if nestings > MOST_NESTINGS or len(encoders) > MOST_LEVELS:
        raise ValueError(f"{MOST_LEVELS} levels and {MOST_NESTINGS} nestings are the most")
    return U2NetSpec(
        encoders=tuple(_block(row, nestings) for row in encoders),
        decoders=tuple(_block(row, nestings) for row in decoders),
    )


def _block(row: dict[str, Any], nestings: int) -> BlockSpec:
    # Before there were other kinds, files did not name them.
    kind = row.get("kind", "nested" if "inner" in row else "rsu")
    if kind not in BLOCKS:
        raise ValueError(f"blocks of kind {str(kind)[:40]!r} are not known, only {list(BLOCKS)}")
    settings = {
        name: _spec(value, nestings + 1) if isinstance(value, dict) else value
        for name, value in row.items()
        if name != "kind"
    }
    return BLOCKS[kind](**settings)
