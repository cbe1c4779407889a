"""ONNX bytes -> the names and values stored inside, without the onnx package or the graph.

An ONNX file is one protocol buffer message, `ModelProto` (onnx.proto). Metadata is its field 14, a
message of a name (1) and a value (2).
"""

from u2net.weights.protobuf import PLAIN, fields

GRAPH, METADATA = 7, 14
NAME, VALUE = 1, 2
LONGEST = 1 << 24
"""Bytes of one value; the calibration of a U²-Net has some 70,000."""


def read_metadata(data: bytes) -> dict[str, str]:
    """What the ONNX file `data` says of itself. Raises `ValueError` for bytes that are no ONNX."""
    parts = fields(data)
    if GRAPH not in (number for number, _, _ in parts):
        raise ValueError("there is no network in it")
    return dict(_entry(data, *place) for number, *place in parts if number == METADATA)


def _entry(data: bytes, start: int, stop: int) -> tuple[str, str]:
    if stop == PLAIN or stop - start > LONGEST:
        raise ValueError("what it says of itself is too long")
    parts = fields(data, start, stop)
    texts = {number: data[begin:end] for number, begin, end in parts if end != PLAIN}
    name, value = (texts.get(part, b"").decode() for part in (NAME, VALUE))
    return name, value
