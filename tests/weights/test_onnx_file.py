from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from u2net.weights.onnx_file import read_metadata


@given(metadata=st.dictionaries(st.text(), st.text()))
def test_what_the_onnx_package_stores_is_read(onnx_file, metadata: dict[str, str]):
    assert read_metadata(onnx_file(metadata)) == metadata


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes):
    with suppress(ValueError):
        read_metadata(data)


@given(position=st.integers(0), byte=st.integers(0, 255))
def test_a_damaged_file_is_read_or_refused(onnx_file, position: int, byte: int):
    data = bytearray(onnx_file({"card": "{}"}))
    data[position % len(data)] = byte
    with suppress(ValueError):
        read_metadata(bytes(data))


@pytest.mark.parametrize("data", [b"", b"\x08\x08", b"\x08\x08" * 100_000, b"\xff" * 100])
def test_what_has_no_graph_is_refused(data: bytes):
    with pytest.raises(ValueError, match=r"no network|too many|too early"):
        read_metadata(data)
