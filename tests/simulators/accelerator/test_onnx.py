"""Layers of ONNX models: built here by hand, and the models that ZigZag ships."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simhelm.simulators.accelerator import Layer, convolution, load_network

onnx = pytest.importorskip("onnx")


def save(
    path: Path, nodes: list[Any], inputs: dict[str, Any], weights: dict[str, Any], out: str
) -> str:
    """A model of float tensors; the shape of its output is left to be inferred."""
    from onnx import TensorProto, helper

    tensors = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in inputs.items()
    ]
    values = [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)]
    constants = [
        helper.make_tensor(name, TensorProto.FLOAT, shape, [0.0] * _count(shape))
        for name, shape in weights.items()
    ]
    graph = helper.make_graph(nodes, "graph", tensors, values, constants)
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return str(path)


def _count(shape: list[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> Any:
    from onnx import helper

    return helper.make_node(kind, inputs, [output], name=output, **attributes)


def test_convolutions_with_strides_and_groups(tmp_path: Path) -> None:
    nodes = [
        node("Conv", ["x", "w"], "wide", strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Relu", ["wide"], "active"),
        node("Conv", ["active", "d"], "deep", group=8, pads=[1, 1, 1, 1]),
    ]
    inputs = {"x": ["batch", 3, 16, 16]}
    model = save(tmp_path / "a.onnx", nodes, inputs, {"w": [8, 3, 3, 3], "d": [8, 1, 3, 3]}, "deep")
    assert load_network(model) == (
        convolution("wide", 16, 3, 8, 3, stride=2),
        convolution("deep", 8, 8, 8, 3, depthwise=True),
    )


def test_matrix_products(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", ["x", "w"], "one"),
        node("MatMul", ["one", "y"], "many"),
        node("Gemm", ["a", "b"], "product", transA=1, transB=1),
        node("Add", ["many", "product"], "sum"),
    ]
    inputs = {"x": [2, 5, 3, 4], "y": [5, 6, 7], "a": [8, 3]}
    model = save(tmp_path / "b.onnx", nodes, inputs, {"w": [4, 6], "b": [7, 8]}, "sum")
    assert load_network(model) == (
        # All rows against one matrix; then a matrix for each of 2 x 5.
        Layer("one", 2 * 5 * 3, 6, 4), Layer("many", 3, 7, 6, 2 * 5), Layer("product", 3, 7, 8),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "inputs", "words"),
    [
        ([("Relu", ["x"])], {"x": [1, 2]}, "no convolution"),
        ([("MatMul", ["x", "x"])], {"x": [1, "n"]}, "shape of 'x' is not known"),
        ([("Einsum", ["x", "x"])], {"x": [2, 2]}, "'out' has the operator Einsum"),
    ],
)
def test_models_that_cannot_be_read(
    tmp_path: Path, nodes: list[Any], inputs: dict[str, Any], words: str
) -> None:
    attributes = {"equation": "ij,jk->ik"} if nodes[0][0] == "Einsum" else {}
    made = [node(kind, names, "out", **attributes) for kind, names in nodes]
    with pytest.raises(ValueError, match=words):
        load_network(save(tmp_path / "c.onnx", made, inputs, {}, "out"))


def test_no_model_and_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "noise.onnx"
    path.write_bytes(b"\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="not an ONNX model"):
        load_network(str(path))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"simhelm\[onnx\]"):
        load_network(str(path))


@pytest.mark.parametrize(
    ("name", "file"), [("resnet18", "resnet18"), ("mobilenet_v2", "mobilenetv2")]
)
def test_our_networks_are_those_of_the_model_zoo(name: str, file: str) -> None:
    """Layer by layer, as a set: ZigZag ships the models."""
    found = importlib.util.find_spec("zigzag")
    if found is None or found.origin is None:
        pytest.skip("needs zigzag-dse")
    path = Path(found.origin).parent / "inputs" / "workload" / f"{file}.onnx"

    def shapes(layers: tuple[Layer, ...]) -> Counter[tuple[int, ...]]:
        return Counter((o.m, o.n, o.k, o.repeats, o.inputs or o.m * o.k) for o in layers)

    assert shapes(load_network(str(path))) == shapes(load_network(name))
