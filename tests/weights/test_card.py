import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from u2net.weights.card import Card

LINES = st.text(st.characters(categories=["L", "N", "P", "S"]))
NUMBERS = st.floats(-1e6, 1e6)
CARDS = st.builds(
    Card,
    name=LINES,
    size_hw=st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
    mean=st.tuples(NUMBERS, NUMBERS),
    std=st.tuples(st.just(1.0), st.floats(0.1, 9)),
    stretch=st.booleans(),
    logits=st.booleans(),
    invert=st.booleans(),
    floor=st.floats(0, 0.9),
    ceiling=st.floats(0.91, 1),
    nothing=st.floats(0, 1),
    task=st.sampled_from(["saliency", "drawing"]),
    licence=LINES,
    precisions=st.lists(st.sampled_from(["fp32", "bf16", "int8"]), max_size=3).map(tuple),
    scores=st.dictionaries(LINES, st.dictionaries(LINES, NUMBERS)),
)


@given(CARDS)
def test_a_card_comes_back_from_its_json(card: Card):
    assert Card.from_json(card.to_json()) == card


def test_fields_of_later_versions_are_left_out():
    assert Card.from_json('{"name": "x", "colour": 3}') == Card(name="x")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", "two\nlines"),
        ("source", "\x1b[2J"),
        ("size_hw", [320]),
        ("size_hw", [0, 320]),
        ("size_hw", [10**9, 10**9]),
        ("size_hw", [320.0, 320.0]),
        ("size_hw", "no"),
        ("mean", [0.5]),
        ("mean", [0.5, 0.5, float("nan")]),
        ("mean", [10**400, 0, 0]),
        ("std", [1, 1, 0]),
        ("stretch", "yes"),
        ("floor", 1),
        ("floor", -0.1),
        ("ceiling", 0.04),
        ("ceiling", 1.1),
        ("nothing", 1.5),
        ("task", "singing"),
        ("apart", True),
        ("precisions", "fp32"),
        ("scores", {"ecssd": 0.9}),
        ("scores", {"ecssd": {"max_f": float("inf")}}),
    ],
)
def test_what_no_network_could_mean_is_refused(field: str, value: object):
    text = json.dumps({"name": "x"} | {field: value})
    with pytest.raises(ValueError, match=field):
        Card.from_json(text)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_json_of_anything_else_is_refused(text: str):
    with pytest.raises(ValueError, match="not a card"):
        Card.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a":' * 100_000])
def test_what_is_no_json_is_refused(text: str):
    with pytest.raises(ValueError, match=r"card|Expecting"):
        Card.from_json(text)
