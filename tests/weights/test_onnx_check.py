"""What a network file may not say, wherever it says it."""

import subprocess
import sys
from contextlib import suppress
from itertools import pairwise

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto, FunctionProto, ModelProto, SparseTensorProto, TensorProto, helper

from u2net.errors import UnfitModelError
from u2net.weights.card import KEY, Card
from u2net.weights.catalog import find_model
from u2net.weights.onnx_check import DEEPEST, MOST_NODES, check_onnx
from u2net.weights.onnx_file import read_metadata
from u2net.weights.onnx_operators import OPERATORS, fewest_inputs

OPSET = [helper.make_opsetid("", 18)]
PICTURE = helper.make_tensor_value_info("image", 1, ["n", 3, "h", "w"])
MAP = helper.make_tensor_value_info("saliency", 1, None)


def network(nodes, *tensors) -> ModelProto:
    graph = helper.make_graph(nodes, "g", [PICTURE], [MAP], list(tensors))
    model = helper.make_model(graph, opset_imports=OPSET, ir_version=9)
    model.metadata_props.add(key=KEY, value=Card(name="x", size_hw=(16, 16)).to_json())
    return model


def plain() -> ModelProto:
    weights = helper.make_tensor("w", 1, [1, 3, 1, 1], [1.0, 2.0, 3.0])
    return network([helper.make_node("Conv", ["image", "w"], ["saliency"])], weights)


def refusal(data: bytes | ModelProto) -> str:
    with pytest.raises(UnfitModelError) as caught:
        check_onnx(data if isinstance(data, bytes) else data.SerializeToString())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def outside() -> TensorProto:
    """Values at an address of the process: ONNX Runtime's tag, which OpenVINO honours too."""
    tensor = TensorProto(name="w", data_type=1, dims=[1, 3, 1, 1])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "4194304"), ("length", "12")):
        tensor.external_data.add(key=key, value=value)
    return tensor


def attribute(**content) -> AttributeProto:
    return AttributeProto(name="a", **content)


def graph(*nodes, tensors=()):
    return helper.make_graph(list(nodes), "inner", [], [MAP], list(tensors))


def in_attribute(made: AttributeProto) -> ModelProto:
    node = helper.make_node("Constant", [], ["saliency"])
    node.attribute.append(made)
    return network([node])


def in_sparse() -> ModelProto:
    model = plain()
    indices = helper.make_tensor("i", 7, [1], [0])
    model.graph.sparse_initializer.append(SparseTensorProto(values=outside(), indices=indices))
    return model


def in_function() -> ModelProto:
    model, made = plain(), FunctionProto(name="f", domain="own")
    made.node.append(helper.make_node("Constant", [], ["y"], value=outside()))
    model.functions.append(made)
    return model


def in_training() -> ModelProto:
    model = plain()
    model.training_info.add().algorithm.CopyFrom(graph(tensors=[outside()]))
    return model


PLACES = {
    "weights": lambda: network([helper.make_node("Conv", ["image", "w"], ["saliency"])], outside()),
    "a constant": lambda: in_attribute(attribute(t=outside(), type=AttributeProto.TENSOR)),
    "a row of constants": lambda: in_attribute(attribute(tensors=[outside()])),
    "sparse weights": in_sparse,
    "a sparse constant": lambda: in_attribute(
        attribute(sparse_tensor=SparseTensorProto(indices=outside()))
    ),
    "sparse constants": lambda: in_attribute(
        attribute(sparse_tensors=[SparseTensorProto(values=outside())])
    ),
    "a branch": lambda: in_attribute(attribute(g=graph(tensors=[outside()]))),
    "one of several branches": lambda: in_attribute(attribute(graphs=[graph(tensors=[outside()])])),
    "a function": in_function,
    "a network to train": in_training,
}


@pytest.mark.parametrize("place", PLACES)
def test_values_outside_the_file_are_refused_wherever_they_are(place):
    said = refusal(PLACES[place]())
    assert "outside itself" in said or place in ("a function", "a network to train")


def test_a_tensor_that_only_lists_a_place_outside_is_refused_too():
    model = plain()
    model.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")
    assert "outside itself" in refusal(model)


def test_a_field_of_several_bytes_key_is_what_its_number_says():
    # 14, where the values are, as a key in two bytes, and the answer "outside" in ten.
    far = bytes([0x80 | 14 << 3, 0]) + b"\x81" + b"\x80" * 8 + b"\x00"
    whole = TensorProto(name="w", data_type=1, dims=[1], float_data=[1.0]).SerializeToString()
    tensor = b"\x2a" + bytes([len(whole + far)]) + whole + far
    assert "outside itself" in refusal(b"\x3a" + bytes([len(tensor)]) + tensor)


@pytest.mark.parametrize("key", [(1 << 32) | (7 << 3) | 2, 2, 3, 4, 6])
def test_a_key_that_readers_take_differently_is_refused(key):
    coded = bytes([*(key >> shift & 127 | 128 for shift in range(0, 35, 7)), key >> 35 & 127])
    assert "no field has" in refusal(plain().SerializeToString() + coded + b"\0")


def test_two_networks_in_one_file_are_refused_for_readers_would_join_them():
    assert "twice" in refusal(plain().SerializeToString() * 2)


def test_nodes_that_read_each_other_are_refused():
    ring = [("saliency", "a"), ("a", "saliency")]
    nodes = [helper.make_node("Add", [read, "image"], [made]) for read, made in ring]
    assert "read each other" in refusal(network(nodes))


def test_nodes_that_read_each_other_through_a_branch_are_refused():
    inner = graph(helper.make_node("Relu", ["late"], ["saliency"]))
    nodes = [
        helper.make_node("If", ["image"], ["early"], then_branch=inner),
        helper.make_node("Relu", ["early"], ["late"]),
    ]
    assert "read each other" in refusal(network(nodes))


def test_nodes_in_another_order_are_let_pass():
    late, early = (
        helper.make_node("Relu", [read], [made])
        for read, made in [("a", "saliency"), ("image", "a")]
    )
    check_onnx(network([late, early]).SerializeToString())


def test_two_nodes_that_make_one_value_are_refused():
    node = helper.make_node("Relu", ["image"], ["saliency"])
    assert "two nodes" in refusal(network([node, node]))


@pytest.mark.parametrize("kind", ["Loop", "Scan"])
def test_a_node_that_may_run_for_ever_is_refused(kind):
    assert kind in refusal(network([helper.make_node(kind, ["image"], ["saliency"])]))


def test_operators_that_are_not_standard_are_refused():
    node = helper.make_node("EPContext", ["image"], ["saliency"], domain="com.microsoft")
    assert "com.microsoft" in refusal(network([node]))


@pytest.mark.parametrize("given", [[], ["image"], ["image", ""], ["", "image"]])
def test_an_operator_without_all_that_it_must_read_is_refused(given):
    node = helper.make_node("Conv", given, ["saliency"])
    assert "'Conv'" in refusal(network([node]))


def test_an_unknown_operator_is_refused():
    assert "'Wish'" in refusal(network([helper.make_node("Wish", ["image"], ["saliency"])]))


def test_the_table_of_operators_is_what_the_onnx_package_says():
    for schema in onnx.defs.get_all_schemas_with_history():
        name = schema.name.encode()
        if not schema.domain and not schema.deprecated and name in OPERATORS:
            assert fewest_inputs(name, schema.since_version) == schema.min_input
    assert fewest_inputs(b"Reshape", 4) == 1
    assert fewest_inputs(b"Reshape", 18) == 2


def test_two_versions_of_the_operators_are_refused():
    model = plain()
    model.opset_import.append(helper.make_opsetid("ai.onnx", 1))
    assert "two versions" in refusal(model)


def test_too_many_nodes_are_refused():
    names = ["image", *map(str, range(MOST_NODES)), "saliency"]
    nodes = [helper.make_node("Relu", [read], [made]) for read, made in pairwise(names)]
    assert "more than" in refusal(network(nodes))


def test_graphs_in_graphs_in_graphs_are_refused():
    inner = graph(helper.make_node("Relu", ["image"], ["saliency"]))
    for _ in range(DEEPEST):
        inner = graph(helper.make_node("If", ["image"], ["saliency"], then_branch=inner))
    check_onnx(network(list(inner.node)).SerializeToString())
    deeper = helper.make_node("If", ["image"], ["saliency"], then_branch=inner)
    assert "deeper" in refusal(network([deeper]))


@pytest.mark.parametrize(
    "tensor",
    [
        TensorProto(name="w", data_type=1, dims=[1 << 40], float_data=[1]),
        TensorProto(name="w", data_type=1, dims=[-1], float_data=[1]),
        TensorProto(name="w", data_type=1, dims=[2], raw_data=bytes(7)),
        TensorProto(name="w", data_type=7, dims=[2], int64_data=[-1]),
        TensorProto(name="w", data_type=7, dims=[2], int32_data=[1, 1]),
        TensorProto(name="w", data_type=10, dims=[1], raw_data=bytes(2), int32_data=[1]),
        TensorProto(name="w", data_type=8, dims=[1], string_data=[b"a"]),
        TensorProto(name="w", data_type=99, dims=[1], raw_data=b"a"),
    ],
)
def test_a_tensor_that_is_not_what_it_says_is_refused(tensor):
    assert "tensor 'w'" in refusal(network([], tensor))


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16])
@pytest.mark.parametrize("raw", [False, True])
def test_tensors_as_the_onnx_package_writes_them_are_let_pass(kind, raw):
    values = [0, 1, 1, 0, 1, 0]
    made = helper.make_tensor("w", kind, [2, 3], values)
    if raw:
        made = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(made), "w")
        assert made.raw_data
    check_onnx(network([], made).SerializeToString())


def test_the_embedded_model_is_let_pass():
    check_onnx(find_model("lite").data)


@given(position=st.integers(0), byte=st.integers(0, 255))
def test_a_damaged_file_is_let_pass_or_refused(position: int, byte: int):
    data = bytearray(plain().SerializeToString())
    data[position % len(data)] = byte
    with suppress(UnfitModelError):
        check_onnx(bytes(data))


def test_more_fields_than_any_network_has_are_refused():
    assert "too many" in refusal(b"\x08\x08" * 200_000)
    many = plain()
    many.graph.node[0].attribute.extend([attribute(i=1)] * 99_000)
    many.graph.node.extend([many.graph.node[0]] * 3)
    for at, node in enumerate(many.graph.node):
        node.output[0] = str(at)
    assert "too many" in refusal(many)


def test_long_metadata_is_refused(onnx_file):
    with pytest.raises(ValueError, match="too long"):
        read_metadata(onnx_file({"a": "b" * (1 << 24 | 1)}))


LOAD = """
import sys
from u2net.remover import Remover
from u2net.errors import UnfitModelError
try:
    Remover(sys.argv[1], engine=sys.argv[2]).load()
except UnfitModelError:
    print("refused")
"""


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("kind", ["an address", "a ring", "OpenVINO's format", "ONNX Runtime's"])
def test_no_engine_sees_what_is_refused_or_another_format(kind, engine, tmp_path):
    model = plain()
    if kind == "an address":
        model = PLACES["weights"]()
    elif kind == "a ring":
        model.graph.node.append(helper.make_node("Relu", ["saliency"], ["a"]))
        model.graph.node[0].input[0] = "a"
    data = model.SerializeToString()
    if kind == "OpenVINO's format":
        data = b"\x12\x2a<net name='a' version='11'><layers/></net>" + data
    elif kind == "ONNX Runtime's":
        data = b"\x12\x06aaORTM" + data
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, path, engine], capture_output=True, text=True, timeout=600
    )
    # The other formats are not read as such: the ONNX file behind their first bytes is.
    expected = "refused\n" if kind in ("an address", "a ring") else ""
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
