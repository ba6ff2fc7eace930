"""The beta distribution: what exact tests of counts come down to."""

import math
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64

from unfreeze.numerics.binomial import log_choose

__all__ = ["beta_nodes", "beta_share"]

_PANELS, _ORDER = 24, 12

_MOST_TERMS, _PRECISION = 10_000, 1e-13
"""Of the continued fraction. Its terms grow as the root of the parameters: 10,000 are
enough for ten million photos."""

_TINY = 1e-300
"""Stands for 0 in a denominator."""

Nodes: TypeAlias = Float64[np.ndarray, " N"]


def beta_share(at: Nodes, left: int, right: int) -> Nodes:
    """The share of a beta distribution that lies at or below some points.

    The continued fraction 8.17.22 of the NIST Digital Library of Mathematical
    Functions, evaluated as Lentz did (Applied Optics 15, 1976), from whichever end it
    converges at.

    Args:
        at: Any numbers.
        left: First parameter, 1 or more.
        right: Second parameter, 1 or more.

    Returns:
        Shares, 0 to 1.
    """
    inside = np.clip(at, 0.0, 1.0)
    is_far = inside > (left + 1) / (left + right + 2)
    shares = np.empty_like(inside)
    shares[~is_far] = _near_share(inside[~is_far], left, right)
    shares[is_far] = 1 - _near_share(1 - inside[is_far], right, left)
    return shares


def beta_nodes(left: int, right: int) -> tuple[Nodes, Nodes]:
    """Points and weights that turn a mean over a beta distribution into a sum.

    Gauss and Legendre's, in 24 pieces of the part where the density is not negligible:
    25 standard deviations around the mean where the tail is an exponential one, and
    9 where it is a normal one, leave out less than 1e-10.

    Args:
        left: First parameter, 1 or more.
        right: Second parameter, 1 or more.

    Returns:
        Points between 0 and 1; weights that add up to 1.
    """
    count = left + right
    mean, spread = left / count, math.sqrt(left * right / (count + 1)) / count
    reach = (9 + 16 / math.sqrt(min(left, right))) * spread
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    edges = np.linspace(low, high, _PANELS + 1)
    places, shares = np.polynomial.legendre.leggauss(_ORDER)
    half = (edges[1:] - edges[:-1])[:, None] / 2
    points = (edges[:-1, None] + half * (1 + places)).ravel()
    logs = (left - 1) * np.log(points) + (right - 1) * np.log1p(-points)
    weights = (half * shares).ravel() * np.exp(logs - logs.max())
    return points, weights / weights.sum()


def _near_share(at: Nodes, left: int, right: int) -> Nodes:
    """The same, for points at which the continued fraction converges fast."""
    log_scale = log_choose(left + right - 1, left)  # 1 / (left * B(left, right))
    with np.errstate(divide="ignore"):
        logs = log_scale + left * np.log(at) + right * np.log1p(-at)
    value = ratio = np.ones_like(at)
    inverse = np.zeros_like(at)
    for number in range(1, _MOST_TERMS):
        factor = _term(number, left, right) * at
        inverse = 1 / _not_0(1 + factor * inverse)
        ratio = _not_0(1 + factor / ratio)
        step = ratio * inverse
        value = value * step
        if np.all(np.abs(step - 1) < _PRECISION):
            break
    return np.minimum(np.exp(logs) / value, 1.0)


def _term(number: int, left: int, right: int) -> float:
    """One numerator of the fraction, without the point."""
    half, is_odd = divmod(number, 2)
    over = (left + number - 1) * (left + number)
    if is_odd:
        return -(left + half) * (left + right + half) / over
    return half * (right - half) / over


def _not_0(values: Nodes) -> Nodes:
    return np.where(np.abs(values) < _TINY, _TINY, values)
