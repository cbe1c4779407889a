"""Spec <-> JSON: what a checkpoint of ours stores beside its weights, so that any spec rebuilds."""

import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from u2net.network.blocks import BLOCKS
from u2net.network.blocks.conv import BlockSpec
from u2net.network.blocks.nested import U2NetSpec

LONGEST, MOST_LAYERS, MOST_LEVELS, MOST_NESTINGS = 1 << 18, 4096, 16, 4
"""Limits, the first in characters, on what a file may ask for, so that a hostile one cannot exhaust
the machine. U²-Net has 112 layers in its blocks; one nested once more about 1,400."""

_SIDES = ("encoders", "decoders")


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
    patch = {} if spec.patch == 1 else {"patch": spec.patch}
    return patch | {side: [_row(block) for block in getattr(spec, side)] for side in _SIDES}


def _row(block: BlockSpec) -> dict[str, Any]:
    kinds = {spec: kind for kind, spec in BLOCKS.items()}
    if type(block) not in kinds:
        name = type(block).__name__
        raise TypeError(f"a {name} cannot be stored; add it to u2net.network.BLOCKS")
    values = {field.name: getattr(block, field.name) for field in fields(block)}  # type: ignore[arg-type]
    return {"kind": kinds[type(block)], **{name: _plain(value) for name, value in values.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, U2NetSpec):
        return _table(value)
    return [_row(block) for block in value] if isinstance(value, tuple) else value


def _spec(table: dict[str, Any], nestings: int) -> U2NetSpec:
    encoders, decoders = (_blocks(table[side], nestings) for side in _SIDES)
    return U2NetSpec(encoders, decoders, patch=table.get("patch", 1))


def _blocks(rows: Iterable[dict[str, Any]], nestings: int) -> tuple[BlockSpec, ...]:
    rows = tuple(rows)
    if nestings > MOST_NESTINGS or len(rows) > MOST_LEVELS:
        raise ValueError(f"{MOST_LEVELS} levels and {MOST_NESTINGS} nestings are the most")
    return tuple(_block(row, nestings) for row in rows)


def _block(row: dict[str, Any], nestings: int) -> BlockSpec:
    # Before there were other kinds, files did not name them.
    kind = row.get("kind", "nested" if "inner" in row else "rsu")
    if kind not in BLOCKS:
        raise ValueError(f"blocks of kind {str(kind)[:40]!r} are not known, only {list(BLOCKS)}")
    settings = {name: _setting(value, nestings) for name, value in row.items() if name != "kind"}
    return BLOCKS[kind](**settings)


def _setting(value: Any, nestings: int) -> Any:
    if isinstance(value, dict):
        return _spec(value, nestings + 1)
    return _blocks(value, nestings + 1) if isinstance(value, list) else value
