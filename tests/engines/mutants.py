"""Damaged copies of a small network file: `python mutants.py KIND FIRST COUNT`.

Prints a line for each, its number, when it begins and what came of it when it is done; the last
line names the one that ended the process. KIND is of `KINDS`. More than the suite tries:
`python tests/engines/mutants.py model 3000 100000`.
"""

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import AttributeProto, ModelProto, NodeProto, helper, numpy_helper

from u2net.engines import load_engine
from u2net.engines.cache import PART, through_cache
from u2net.engines.calibration import KEY, Calibration, read_calibration
from u2net.engines.openvino import OpenVinoDevice
from u2net.engines.quantise import correct, quantise
from u2net.errors import U2NetError
from u2net.machine.cache import cache_root
from u2net.weights.card import KEY as CARD_KEY
from u2net.weights.card import Card
from u2net.weights.catalog import read_card
from u2net.weights.onnx_operators import OPERATORS as KNOWN

sys.path.insert(0, str(Path(__file__).parents[1]))
from damage import bound, damaged

MEMORY, SECONDS = 4 << 30, 600
"""Bytes of addresses and seconds of processor that a process may take: guards against bombs."""
CARD = Card(name="small", size_hw=(16, 16), scores={"a": {"max_f": 0.5}})
BATCH = np.linspace(-1, 1, 3 * 16 * 16, dtype=np.float32).reshape(1, 3, 16, 16)
OPERATORS = sorted(KNOWN)
NUMBERS = (0, 1, 2, 3, -1, -2, 7, 255, 1 << 31, -1 << 31, (1 << 63) - 1, -1 << 63)


def network() -> ModelProto:
    """Convolutions, a pool, a resize and a sum: the operators of a U²-Net."""
    rng = np.random.default_rng(0)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)

    tensors = [weights("w1", 4, 3, 3, 3), weights("b1", 4), weights("w2", 1, 8, 1, 1)]
    tensors += [
        helper.make_tensor("scales", 1, [4], [1.0, 1.0, 2.0, 2.0]),
        helper.make_tensor("axes", 7, [1], [0]),
    ]
    wide = {"pads": [1, 1, 1, 1], "strides": [1, 1], "dilations": [1, 1], "kernel_shape": [3, 3]}
    half = {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}
    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["c"], "c", group=1, **wide),
        helper.make_node("Relu", ["c"], ["r"], "r"),
        helper.make_node("MaxPool", ["r"], ["p"], "p", **half),
        helper.make_node("Resize", ["p", "", "scales"], ["up"], "up", mode="linear"),
        helper.make_node("Concat", ["r", "up"], ["both"], "both", axis=1),
        helper.make_node("Conv", ["both", "w2"], ["logits"], "logits"),
        helper.make_node("Sigmoid", ["logits"], ["saliency"], "saliency"),
    ]
    ends = [
        helper.make_tensor_value_info(name, 1, ["n", channels, "h", "w"])
        for name, channels in (("image", 3), ("saliency", 1))
    ]
    graph = helper.make_graph(nodes, "small", ends[:1], ends[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    convolutions = {"c": [0.5] * 4, "logits": [0.5]}
    ranges = {name: (-1.0, 3.0) for name in ("image", "r", "up", "p")}
    calibration = Calibration(
        ranges=ranges, corrections={"int8": convolutions, "bf16": convolutions}
    )
    helper.set_model_props(model, {CARD_KEY: CARD.to_json(), KEY: calibration.to_json()})
    return model


def meant_otherwise(model: ModelProto, dice: random.Random) -> bytes:
    """`model`, still a sound message, with one to three of its statements changed."""
    for _ in range(dice.randint(1, 3)):
        node = dice.choice(model.graph.node)
        match dice.randrange(7):
            case 0 | 1 if node.attribute:
                _change(dice.choice(node.attribute), dice)
            case 2:
                node.op_type = dice.choice(OPERATORS).decode()
            case 3 if node.input:
                _join(model, node, dice)
            case 4:
                _reshape(dice.choice(model.graph.initializer), dice)
            case 5:
                node.attribute.append(
                    helper.make_attribute(
                        dice.choice(("group", "axis", "auto_pad", "pads", "mode", "output_shape")),
                        dice.choice(
                            (dice.choice(NUMBERS), [dice.choice(NUMBERS)] * 4, "SAME_UPPER")
                        ),
                    )
                )
            case _:
                model.opset_import[0].version = dice.randint(-1, 30)
    return bytes(model.SerializeToString())


def _join(model: ModelProto, node: NodeProto, dice: random.Random) -> None:
    """Let `node` read something else; give it an end more or less."""
    names = [name for one in model.graph.node for name in (*one.input, *one.output)]
    node.input[dice.randrange(len(node.input))] = dice.choice([*names, "", "new"])
    ends = dice.choice((node.input, node.output))
    if dice.random() < 0.3:
        ends.append(dice.choice(["", "more"]))
    elif dice.random() < 0.3:
        ends.pop()


def _change(attribute: AttributeProto, dice: random.Random) -> None:
    if attribute.ints:
        attribute.ints[dice.randrange(len(attribute.ints))] = dice.choice(NUMBERS)
        if dice.random() < 0.2:
            attribute.ints.append(1)
    attribute.i = dice.choice(NUMBERS)
    if dice.random() < 0.1:
        attribute.type = dice.randint(0, 14)  # type: ignore[assignment]


def _reshape(tensor: onnx.TensorProto, dice: random.Random) -> None:
    """The same number of values, or of others, in another shape."""
    values = numpy_helper.to_array(tensor).ravel()
    shape = dice.choice(([-1], [1, -1], [-1, 1, 1, 1], [1, 1, -1, 1, 1]))
    if dice.random() < 0.5:
        values = values.astype(dice.choice(("int64", "float64", "uint8", "float16", "bool")))
    if dice.random() < 0.3:
        values = np.float64(dice.choice((0, -1, 1 << 20))) * values
    tensor.CopyFrom(numpy_helper.from_array(values.reshape(shape), tensor.name))


def try_model(dice: random.Random) -> None:
    sound = network()
    if dice.random() < 0.4:
        data = damaged(sound.SerializeToString(), dice)
    else:
        data = meant_otherwise(sound, dice)
    card = read_card(data)
    engine = load_engine(data, card, engine=dice.choice(("openvino", "onnxruntime")), threads=1)
    height, width = card.size_hw
    maps = engine(np.resize(BATCH, (1, 3, height, width)))
    assert maps.shape == (1, 1, height, width)
    assert maps.dtype == np.float32


def try_card(dice: random.Random) -> None:
    model = network()
    text = damaged(CARD.to_json().encode(), dice).decode(errors="replace")
    helper.set_model_props(model, {CARD_KEY: text})
    read_card(model.SerializeToString())


def try_calibration(dice: random.Random) -> None:
    model = network()
    prop = next(prop for prop in model.metadata_props if prop.key == KEY)
    prop.value = damaged(prop.value.encode(), dice).decode(errors="replace")
    found = read_calibration(model.SerializeToString())
    if found and dice.random() < 0.3:  # most are told apart by the text alone
        device = OpenVinoDevice("cpu")
        graph = device.graph(model.SerializeToString(), CARD)
        quantise(graph, found)
        correct(graph, found, "int8")


class AnewError(Exception):
    """Nothing was kept that can be used."""


def try_blob(dice: random.Random) -> None:
    def anew() -> bytes:
        raise AnewError

    whole = through_cache("a", restore=bytes, compile_=lambda: bytes(range(256)), save=bytes)
    blob = cache_root() / PART / "a.blob"
    before = blob.read_bytes()
    mutant = damaged(before, dice)
    blob.write_bytes(mutant)
    try:
        assert through_cache("a", restore=bytes, compile_=anew, save=bytes) == whole
        assert mutant == before
    except AnewError:
        assert mutant != before
    blob.write_bytes(before)


KINDS: dict[str, Callable[[random.Random], None]] = {
    "model": try_model,
    "card": try_card,
    "calibration": try_calibration,
    "blob": try_blob,
}


def main(kind: str, first: int, count: int) -> None:
    """Each mutant is used or refused by an error of ours, of one line; else a traceback."""
    bound(MEMORY, SECONDS)
    for number in range(first, first + count):
        print(json.dumps([number, "begun"]), flush=True)  # noqa: T201
        try:
            KINDS[kind](random.Random(f"{kind} {number}"))
            outcome = "used"
        except U2NetError as error:
            outcome = "refused" if "\n" not in str(error) else "told in several lines"
        print(json.dumps([number, outcome]))  # noqa: T201


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
