"""A small graph in TensorFlow.js' form, converted and compared with the same sums in NumPy."""

import json

import numpy as np
import pytest

from editthinker.tools.errors import ConfigError

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

from editthinker.tools.vision.tfjs import Graph, to_onnx  # noqa: E402

SAME = {"padding": {"s": list(b"SAME")}, "strides": {"list": {"i": ["1", "2", "2", "1"]}}}


def make_graph(last: str = "Relu6") -> Graph:
    rng = np.random.default_rng(0)
    tensors = {
        "weights": rng.normal(size=(1, 1, 3, 4)).astype(np.float32),
        "each": rng.normal(size=(1, 1, 4, 1)).astype(np.float32),
        "bias": rng.normal(size=4).astype(np.float32),
    }
    nodes = [
        {"name": "picture", "op": "Placeholder"},
        {"name": "conv", "op": "Conv2D", "input": ["picture", "weights"], "attr": SAME},
        {
            "name": "depth",
            "op": "DepthwiseConv2dNative",
            "input": ["conv", "each"],
            "attr": {**SAME, "strides": {"list": {"i": ["1", "1", "1", "1"]}}},
        },
        {"name": "sum", "op": "BiasAdd", "input": ["depth", "bias"]},
        {"name": "end", "op": last, "input": ["sum"]},
    ]
    weights = [
        {"name": name, "shape": list(tensor.shape), "dtype": "float32"}
        for name, tensor in tensors.items()
    ]
    model = {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": weights}]}
    data = b"".join(tensor.tobytes() for tensor in tensors.values())
    return Graph.read(json.dumps(model).encode(), data)


def test_a_converted_graph_gives_the_same_numbers() -> None:
    graph = make_graph()
    picture = np.random.default_rng(1).normal(size=(1, 3, 8, 8)).astype(np.float32)
    session = onnxruntime.InferenceSession(to_onnx(graph, "picture", ["end"], 8))
    (found,) = session.run(None, {"picture": picture})
    constants = graph.constants
    rows = picture[0, :, ::2, ::2].transpose(1, 2, 0)
    expected = (rows @ constants["weights"][0, 0]) * constants["each"][0, 0, :, 0]
    expected = np.clip(expected + constants["bias"], 0, 6)
    np.testing.assert_allclose(found[0].transpose(1, 2, 0), expected, rtol=1e-5, atol=1e-5)


def test_an_unknown_operation_is_an_error_and_not_left_out() -> None:
    with pytest.raises(ConfigError, match="end: the operation Fold is not known"):
        to_onnx(make_graph("Fold"), "picture", ["end"], 8)
