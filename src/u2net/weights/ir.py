"""OpenVINO's own format, FILE.xml with its weights in FILE.bin -> one run of bytes, and its card.

A model is one value everywhere else, so the two files travel as one: a mark, the length of the XML,
the XML, the weights.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from u2net.weights.card import KEY, Card

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MARK = b"u2net: FILE.xml, FILE.bin\n"
SUFFIX = ".xml"
LONGEST = 1 << 26
"""Bytes of the XML; that of a U²-Net has one and a half million."""


def joined(xml: bytes, weights: bytes) -> bytes:
    """The two files as one."""
    return b"".join([MARK, len(xml).to_bytes(8, "big"), xml, weights])


def parted(data: bytes) -> tuple[bytes, bytes]:
    """The two files: XML, weights."""
    start = len(MARK) + 8
    stop = start + int.from_bytes(data[len(MARK) : start], "big")
    return data[start:stop], data[stop:]


def is_ir(data: bytes) -> bool:
    """Whether `data` is what `joined` makes."""
    return data.startswith(MARK)


def weights_beside(path: Path) -> Path:
    """Where the weights of the XML file `path` are."""
    return path.with_suffix(".bin")


def tree_of(xml: bytes) -> "Element":
    """The XML, parsed. Raises `ValueError` for what OpenVINO never writes."""
    from xml.etree import ElementTree

    if len(xml) > LONGEST:
        raise ValueError("its XML is too long")
    # OpenVINO writes neither; from entities a short text could become one without an end.
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise ValueError("its XML defines entities")
    try:
        return ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise ValueError(f"its XML is damaged: {error}") from error


def card_in(data: bytes) -> Card | None:
    """The card in a file of OpenVINO; None where there is none. Raises `ValueError` if damaged."""
    found = tree_of(parted(data)[0]).find("rt_info")
    # Not by a path: the key has a dot.
    held = next((child for child in found or () if child.tag == KEY), None)
    return None if held is None else Card.from_json(held.get("value", ""))
