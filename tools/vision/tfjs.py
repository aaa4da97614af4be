"""A TensorFlow.js graph model as ONNX: convolutions and what stands between them.

Only the operations of single-shot detectors are known; another one is an error and never left out.
Pictures lie as channels, rows, columns in the result, as ONNX wants them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from editthinker.tools.errors import ConfigError

Array = NDArray[Any]

_OPSET, _IR = 17, 8


@dataclass(frozen=True)
class Graph:
    """A graph as TensorFlow.js stores it."""

    nodes: Mapping[str, Mapping[str, Any]]
    constants: Mapping[str, Array]

    @classmethod
    def read(cls, model: bytes, weights: bytes) -> "Graph":
        """Read `model.json` and its weight files, joined in order."""
        data = json.loads(model)
        constants, at = {}, 0
        for group in data["weightsManifest"]:
            for entry in group["weights"]:
                if "quantization" in entry:
                    raise ConfigError(f"cannot convert {entry['name']}: its weights are quantised")
                kind = np.dtype(entry["dtype"])
                count = int(np.prod(entry["shape"], dtype=np.int64))
                values = np.frombuffer(weights, kind, count, at)
                constants[entry["name"]] = values.reshape(entry["shape"])
                at += values.nbytes
        return cls({node["name"]: node for node in data["modelTopology"]["node"]}, constants)


def to_onnx(graph: Graph, start: str, ends: Sequence[str], side: int) -> bytes:
    """Convert the part of a graph between one node and others.

    Args:
        graph: What to convert.
        start: The node that stands for the picture, `(1, 3, side, side)`.
        ends: Nodes whose results are wanted.
        side: Width and height of the picture.
    """
    conversion = _Conversion(graph, start)
    conversion.convert_to(ends)
    body = helper.make_graph(
        conversion.made,
        "graph",
        [helper.make_tensor_value_info(start, TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info(end, TensorProto.FLOAT, None) for end in ends],
        [numpy_helper.from_array(array, name) for name, array in conversion.tensors.items()],
    )
    model: ModelProto = helper.make_model(
        body, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    return bytes(model.SerializeToString())


@dataclass
class _Conversion:
    graph: Graph
    start: str
    made: list[NodeProto] = field(default_factory=list)
    tensors: dict[str, Array] = field(default_factory=dict)

    def convert_to(self, ends: Sequence[str]) -> None:
        """Convert the nodes that lead to some, each after what it reads."""
        reads: dict[str, list[str]] = {}
        waiting = list(ends)
        while waiting:
            name = waiting.pop()
            if name in reads or name == self.start or name in self.graph.constants:
                continue
            reads[name] = self.pictures(name)
            waiting += reads[name]
        for name in TopologicalSorter(reads).static_order():
            if name in reads:
                self.convert(name)

    def inputs(self, name: str) -> list[str]:
        """Return what a node reads."""
        return [i for i in self.graph.nodes[name].get("input", []) if not i.startswith("^")]

    def pictures(self, name: str) -> list[str]:
        """Return what a node reads, shapes and axes left out."""
        inputs = self.inputs(name)
        return {"Reshape": inputs[:1], "ConcatV2": inputs[:-1]}.get(
            self.graph.nodes[name]["op"], inputs
        )

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        """Add an ONNX node."""
        self.made.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))

    def tensor(self, name: str, array: Array) -> str:
        """Add a constant."""
        self.tensors[name] = np.ascontiguousarray(array)
        return name

    def value(self, name: str) -> str:
        """Return an input of an operation on pictures; a constant for each channel stands up."""
        if name not in self.graph.constants:
            return name
        array = self.graph.constants[name]
        return self.tensor(name, array.reshape(-1, 1, 1) if array.ndim == 1 else array)

    def convert(self, name: str) -> None:
        """Convert one node whose inputs are converted."""
        node, inputs = self.graph.nodes[name], self.inputs(name)
        match node["op"]:
            case "Conv2D" | "DepthwiseConv2dNative":
                self.convolution(name, node, inputs)
            case "Add" | "AddV2" | "BiasAdd":
                self.add("Add", [self.value(i) for i in inputs], name)
            case "AddN":
                self.add("Sum", [self.value(i) for i in inputs], name)
            case "Mul" | "Sub":
                self.add(node["op"], [self.value(i) for i in inputs], name)
            case "Relu6":
                low = self.tensor("zero", np.array(0, np.float32))
                high = self.tensor("six", np.array(6, np.float32))
                self.add("Clip", [inputs[0], low, high], name)
            case "FusedBatchNorm" | "FusedBatchNormV3":
                rest = [self.tensor(i, self.graph.constants[i]) for i in inputs[1:]]
                epsilon = node["attr"]["epsilon"]["f"]
                self.add("BatchNormalization", [inputs[0], *rest], name, epsilon=epsilon)
            case "Reshape":
                # Each reshaping here sorts the predictions of a grid by place: rows, columns, rest.
                width = self.graph.constants[self.inputs(inputs[1])[-1]]
                shape = self.tensor(f"{name}/to", np.array([1, -1, int(width)], np.int64))
                self.add("Transpose", inputs[:1], f"{name}/last", perm=[0, 2, 3, 1])
                self.add("Reshape", [f"{name}/last", shape], name)
            case "ConcatV2":
                self.add("Concat", inputs[:-1], name, axis=1)
            case other:
                raise ConfigError(f"cannot convert {name}: the operation {other} is not known")

    def convolution(self, name: str, node: Mapping[str, Any], inputs: Sequence[str]) -> None:
        """Convert a convolution: HWIO weights become OIHW."""
        weights = self.graph.constants[inputs[1]]
        groups = 1
        if node["op"] == "Conv2D":
            weights = weights.transpose(3, 2, 0, 1)
        else:
            height, width, groups, each = weights.shape
            weights = weights.transpose(2, 3, 0, 1).reshape(groups * each, 1, height, width)
        padding = bytes(node["attr"]["padding"]["s"]).decode()
        strides = [int(i) for i in node["attr"]["strides"]["list"]["i"]][1:3]
        self.add(
            "Conv",
            [inputs[0], self.tensor(inputs[1], weights)],
            name,
            auto_pad={"SAME": "SAME_UPPER", "VALID": "VALID"}[padding],
            strides=strides,
            group=groups,
        )
