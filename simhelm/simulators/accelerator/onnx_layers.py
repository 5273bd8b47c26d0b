"""Layer lists from ONNX models: ``pip install 'simhelm[onnx]'``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simhelm.simulators.accelerator.layers import Layer

if TYPE_CHECKING:
    import onnx

Shapes = Mapping[str, tuple[int | None, ...]]

# Operators that multiply matrices in a way that is not read here: to drop them would be wrong.
_UNREAD = frozenset(
    {
        "Attention", "ConvInteger", "ConvTranspose", "DeformConv", "Einsum", "GRU", "LSTM",
        "MatMulInteger", "QLinearConv", "QLinearMatMul", "RNN",
    }
)  # fmt: skip


def read_onnx(path: Path) -> tuple[Layer, ...]:
    """The convolutions and matrix products of a model in the order of its graph.

    Everything else (activations, pooling, sums) costs nothing here. Shapes come from ONNX's own
    inference; a first dimension of an input that is symbolic, the batch, counts as 1.

    Raises:
        ImportError: onnx is not installed.
        ValueError: no model, a dimension that is not known, or an operator that is not read.
        OSError: the file cannot be read.
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError("ONNX models need onnx: pip install 'simhelm[onnx]'") from error
    data = path.read_bytes()
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's own, of a private module
        raise ValueError(f"{path}: not an ONNX model: {error}") from error
    _fix_batch(model)
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = _shapes(graph)
    layers = [
        _READERS[node.op_type](node, shapes)
        for node in _named(graph, path)
        if node.op_type in _READERS
    ]
    if not layers:
        raise ValueError(f"{path}: holds no convolution and no matrix product")
    return tuple(layers)


def _named(graph: onnx.GraphProto, path: Path) -> list[onnx.NodeProto]:
    """The nodes, each with a name."""
    nodes = list(graph.node)
    for place, node in enumerate(nodes, 1):
        node.name = node.name or f"{node.op_type} {place}"
        if node.op_type in _UNREAD:
            raise ValueError(
                f"{path}: {node.name!r} has the operator {node.op_type}, which is not read; write "
                "the layers into a .csv file instead"
            )
    return nodes


def _fix_batch(model: onnx.ModelProto) -> None:
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        dimensions = value.type.tensor_type.shape.dim
        if value.name not in weights and dimensions and not dimensions[0].dim_value:
            dimensions[0].dim_value = 1


def _shapes(graph: onnx.GraphProto) -> dict[str, tuple[int | None, ...]]:
    found: dict[str, tuple[int | None, ...]] = {
        tensor.name: tuple(tensor.dims) for tensor in graph.initializer
    }
    for value in (*graph.input, *graph.value_info, *graph.output):
        dimensions = value.type.tensor_type.shape.dim
        found.setdefault(value.name, tuple(one.dim_value or None for one in dimensions))
    return found


def _shape(node: onnx.NodeProto, tensor: str, shapes: Shapes) -> tuple[int, ...]:
    shape = shapes.get(tensor, ())
    known = [size for size in shape if size is not None]
    if not shape or len(known) < len(shape):
        raise ValueError(
            f"{node.name!r}: the shape of {tensor!r} is not known ({shape}): fix the dimensions of "
            "the model's inputs"
        )
    return tuple(known)


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    from onnx.helper import get_attribute_value

    return {one.name: get_attribute_value(one) for one in node.attribute}


def _convolution(node: onnx.NodeProto, shapes: Shapes) -> Layer:
    """Every group is a product of its own: output pixels, filters, window."""
    batch, channels, *image = _shape(node, node.input[0], shapes)
    filters, depth, *kernel = _shape(node, node.input[1], shapes)
    pixels = _shape(node, node.output[0], shapes)[2:]
    groups = int(_attributes(node).get("group", 1))
    return Layer(
        node.name,
        batch * math.prod(pixels),
        filters // groups,
        depth * math.prod(kernel),
        groups,
        batch * math.prod(image) * channels // groups,
    )


def _gemm(node: onnx.NodeProto, shapes: Shapes) -> Layer:
    attributes = _attributes(node)
    one, two = (_shape(node, node.input[place], shapes) for place in (0, 1))
    m, k = one[::-1] if attributes.get("transA", 0) else one
    n = two[0] if attributes.get("transB", 0) else two[1]
    return Layer(node.name, m, n, k)


def _matrix_product(node: onnx.NodeProto, shapes: Shapes) -> Layer:
    """With a single right matrix all rows are one product, else each pair is its own."""
    one, two = (_shape(node, node.input[place], shapes) for place in (0, 1))
    one = (1, *one) if len(one) == 1 else one
    two = (*two, 1) if len(two) == 1 else two
    if math.prod(two[:-2]) == 1:
        return Layer(node.name, math.prod(one[:-1]), two[-1], two[-2])
    # Leading dimensions are broadcast.
    pairs = zip(_padded(one[:-2], two[:-2]), _padded(two[:-2], one[:-2]), strict=True)
    repeats = math.prod(max(pair) for pair in pairs)
    return Layer(node.name, one[-2], two[-1], two[-2], repeats)


def _padded(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) * (len(other) - len(shape)) + shape


_READERS = {"Conv": _convolution, "Gemm": _gemm, "MatMul": _matrix_product}
