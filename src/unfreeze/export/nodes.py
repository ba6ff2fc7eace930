"""ONNX nodes, one line each."""

from typing import final

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

__all__ = ["Nodes"]


@final
class Nodes:
    """A list of nodes that grows, with names that nobody else uses.

    Args:
        prefix: Begins the name of everything made here.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, values: object, kind: type[np.generic] = np.int64) -> str:
        """Name an array of constants."""
        name = f"{self._prefix}/constant_{len(self.constants)}"
        array = np.asarray(values, dtype=kind)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(
        self, operation: str, *inputs: str, out: str | None = None, **settings: object
    ) -> str:
        """Add one node.

        Args:
            operation: Its name, as ONNX calls it.
            inputs: Names; an empty one stands for an input that is left out.
            out: Name of what comes out; made up unless given.
            settings: The operation's attributes.

        Returns:
            Name of what comes out.
        """
        name = out or f"{self._prefix}/{operation}_{len(self.nodes)}"
        node = helper.make_node(operation, inputs, [name], name=name)
        node.attribute.extend(
            helper.make_attribute(key, value) for key, value in settings.items()
        )
        self.nodes.append(node)
        return name
