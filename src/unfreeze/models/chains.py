"""Which convolution is followed by which batch norm and ReLU, seen by running once.

A network's code need not say it, and its modules need not stand in the order in which
they run. Tensors are told apart by identity and by their count of changes in place, so
that a ReLU behind ``x += shortcut`` is not taken for one behind the norm that made x.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from torch import Tensor, nn

from unfreeze.models.probe import watching
from unfreeze.tensors import Images

__all__ = ["Chain", "chains_of"]

_State: TypeAlias = tuple[int, int]


@dataclass(slots=True, kw_only=True)
class Chain:
    """Names of a convolution, its batch norm, and the ReLU behind that, if any."""

    conv: str
    norm: str
    relu: str | None = None
    input_shape: tuple[int, ...]
    """Of the images that the convolution was seen to read."""


def chains_of(network: nn.Module, example: Images) -> tuple[list[Chain], Tensor]:
    """Run a network in evaluation mode, and list what could become one convolution.

    A norm listed here ran on the output of its convolution. Whether something else read
    that output, too, cannot be seen: compare answers after changing anything.

    Returns:
        The chains, and what the network returned.
    """
    kinds = (nn.Conv2d, nn.BatchNorm2d, nn.ReLU)
    modules: dict[str, nn.Module] = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, kinds)
    }
    trace = _Trace(modules)
    with watching(modules, trace.notice, trace.foresee):
        output = network(example)
    return trace.foldable(), output


@dataclass(slots=True)
class _Trace:
    modules: dict[str, nn.Module]
    convs: dict[_State, tuple[str, Images]] = field(default_factory=dict)
    """Convolution behind each tensor, and what it read."""

    chains: dict[_State, Chain] = field(default_factory=dict)
    """Chain that ends with each tensor."""

    found: list[Chain] = field(default_factory=list)
    inputs: dict[str, _State] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)
    tensors: list[Tensor] = field(default_factory=list)
    """Kept, so that no other tensor takes the place of one that is gone."""

    def foresee(self, name: str, inputs: tuple[object, ...]) -> None:
        """Note what a module is about to run on."""
        self.runs[name] = self.runs.get(name, 0) + 1
        if inputs and isinstance(inputs[0], Tensor):
            self.inputs[name] = _state(inputs[0])
            self.tensors.append(inputs[0])

    def notice(self, name: str, inputs: tuple[object, ...], output: object) -> None:
        """Note what came of it."""
        if name not in self.inputs or not isinstance(output, Tensor):
            return
        self.tensors.append(output)
        read = self.inputs[name]
        match self.modules[name]:
            case nn.Conv2d() if isinstance(inputs[0], Tensor):
                self.convs[_state(output)] = name, inputs[0]
            case nn.BatchNorm2d() if read in self.convs:
                conv, images = self.convs[read]
                chain = Chain(conv=conv, norm=name, input_shape=tuple(images.shape))
                self.chains[_state(output)] = chain
                self.found.append(chain)
            case nn.ReLU() if read in self.chains:
                self.chains[read].relu = name
            case _:
                pass

    def foldable(self) -> list[Chain]:
        """Chains of modules that ran once, and compute no more than their names say."""
        return [
            chain
            for chain in self.found
            if all(self.runs[name] == 1 for name in _names(chain))
            and _is_plain(self.modules[chain.conv], self.modules[chain.norm])
        ]


def _state(tensor: Tensor) -> _State:
    return id(tensor), tensor._version


def _names(chain: Chain) -> list[str]:
    return [name for name in (chain.conv, chain.norm, chain.relu) if name]


def _is_plain(conv: nn.Module, norm: nn.Module) -> bool:
    return (
        type(conv) is nn.Conv2d
        and conv.padding_mode == "zeros"
        and not isinstance(conv.padding, str)
        and isinstance(norm, nn.BatchNorm2d)
        and norm.running_mean is not None
        and {name for name, _ in norm.named_children()} <= {"drop", "act"}
    )
