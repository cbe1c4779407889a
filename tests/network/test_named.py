"""Networks by name, or by a file."""

from pathlib import Path

import pytest

from u2net.errors import UnfitModelError, UnknownModelError
from u2net.network import LITE, U3, ChainSpec, NestedSpec, PlainSpec, RSUSpec, U2NetSpec
from u2net.network.named import SPECS, name_of, spec_of
from u2net.network.specs import spec_to_json

OWN = U2NetSpec(
    encoders=(
        RSUSpec(3, mid=2, out=4),
        NestedSpec(U2NetSpec((RSUSpec(2, 2, 4), RSUSpec(2, 2, 4)), (RSUSpec(2, 2, 4),)), out=4),
    ),
    decoders=(ChainSpec((PlainSpec(2, 4), PlainSpec(2, 4))),),
)
"""A U of every way to nest."""


def test_a_name_and_a_file_stand_for_a_spec(tmp_path: Path) -> None:
    assert spec_of("u3") == U3
    assert {name: name_of(spec) for name, spec in SPECS.items()} == {n: n for n in SPECS}
    (tmp_path / "own.json").write_text(spec_to_json(OWN))
    assert spec_of(str(tmp_path / "own.json")) == OWN
    assert name_of(OWN) is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a network spec"),
        (b"\xff\xfe", "can't decode"),
        (b"[]", "not a network spec"),
        (b'{"encoders": [], "decoders": []}', "one encoder more than decoders"),
        (b'{"encoders": [{"kind": "magic"}], "decoders": []}', "kind 'magic' are not known"),
        (b'{"encoders": [{"kind": "plain", "mid": 0, "out": 1}], "decoders": []}', "mid must be"),
        (b'{"encoders": [{"kind": "plain", "mid": 1, "wide": 1}], "decoders": []}', "wide"),
        (b" " * (1 << 19), "characters"),
        (b"[" * 200_000, "not a network spec"),
    ],
)
def test_a_file_that_holds_none_is_refused_in_one_line(
    content: bytes, says: str, tmp_path: Path
) -> None:
    (tmp_path / "own.json").write_bytes(content)
    with pytest.raises(UnfitModelError, match=says) as caught:
        spec_of(str(tmp_path / "own.json"))
    assert "\n" not in str(caught.value)


def test_another_name_or_no_file_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError, match="there are full, lite, swift, tiny, u3, and any"):
        spec_of("fool")
    with pytest.raises(UnknownModelError, match="no such spec"):
        spec_of(str(tmp_path / "own.json"))
    assert spec_of("lite") == LITE
