"""The head of a network: what turns its logits into scores."""

from __future__ import annotations

from dataclasses import replace

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing.flatten import Call, FlatNetwork
from nmrcam_qt.ml.importing.layers import IDENTITY, LayerSpec
from nmrcam_qt.ml.importing.values import show

SCORES = ("softmax", "sigmoid")
_CURVED = frozenset({"ReLU", "LeakyReLU", "ELU"})
_ARRANGING = frozenset(
    {
        *("Flatten", "Reshape", "Permute", "Concatenate", "GlobalAveragePooling2D"),
        *("GlobalMaxPooling2D", "MaxPooling2D", "AveragePooling2D", "Cropping2D", *IDENTITY),
        *("Average", "Maximum", "Minimum", "Add", "Multiply", "Rescaling"),
    }
)


def strip_head(network: FlatNetwork) -> tuple[FlatNetwork, str | None]:
    """Cut a final softmax or sigmoid off, be it a layer or an activation.

    Parameters
    ----------
    network : FlatNetwork
        As written in the file.

    Returns
    -------
    (FlatNetwork, str or None)
        The network up to its logits, and "softmax", "sigmoid" or None where the
        last layer is linear and only the user knows.

    Raises
    ------
    NetworkError
        If the output is neither scores nor linear.
    """
    last = _final(network)
    spec = _spec(last)
    if spec.activation in SCORES:
        network = _cut(network, last, spec)
        inner = _spec(_final(network))
        if inner.activation != "linear" or inner.kind in _CURVED:
            raise NetworkError(
                f"the logits pass {show(_curve(inner))} before {spec.activation}; expected linear"
            )
        return network, spec.activation
    if spec.activation != "linear" or spec.kind in _CURVED:
        raise NetworkError(
            f"the last layer ends in {show(_curve(spec))}; expected softmax, sigmoid or linear"
        )
    _check_upstream(network)
    return network, None


def _cut(network: FlatNetwork, last: Call, spec: LayerSpec) -> FlatNetwork:
    """The network without the activation of its final call."""
    if any(network.output in call.fed for call in network.calls):
        raise NetworkError("the scores are fed back into the network")
    if spec.kind in ("Softmax", "Activation"):
        if spec.args.get("axis", -1) not in (-1, 1):
            raise NetworkError("the softmax does not run over the classes")
        calls = network.calls[: network.output] + network.calls[network.output + 1 :]
        if network.output != len(network.calls) - 1:
            raise NetworkError("layers behind the output")
        return FlatNetwork(calls, network.inputs, last.fed[0])
    calls = tuple(
        replace(call, spec=spec.linear()) if number == network.output else call
        for number, call in enumerate(network.calls)
    )
    return FlatNetwork(calls, network.inputs, network.output)


def _final(network: FlatNetwork) -> Call:
    return network.calls[network.output]


def _spec(call: Call) -> LayerSpec:
    if call.spec is None:
        raise NetworkError("the network does nothing")
    return call.spec


def _curve(spec: LayerSpec) -> str:
    return spec.kind if spec.kind in _CURVED else spec.activation


def _check_upstream(network: FlatNetwork) -> None:
    """Scores that are only rearranged afterwards are no logits."""
    waiting, seen = [network.output], set()
    while waiting:
        number = waiting.pop()
        call = network.calls[number]
        if number in seen or call.spec is None:
            continue
        seen.add(number)
        if call.spec.activation in SCORES:
            raise NetworkError(f"the output is changed after its {call.spec.activation}")
        if call.spec.kind in _ARRANGING:
            waiting.extend(call.fed)
