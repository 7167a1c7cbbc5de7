"""The search for the limit: rates are doubled until a server does not keep up, then halved in between."""

from collections.abc import Callable

MOST_RATE = 5000.0  # requests a second: beyond, the limit is that of the sender
LEAST_SHARE = 1 / 8  # of the first rate: a server that fails below has no limit worth a search
TOLERANCE = 1.06  # the lowest rate with trouble over the highest without

KeepsUp = Callable[[float], bool]


def search(keeps_up: KeepsUp, first: float) -> None:
    """Offer rates, in requests a second, until the limit lies between two that differ by 6 % or less.

    The middle of two rates is their geometric mean. The search ends without a limit above MOST_RATE and
    below LEAST_SHARE of the first rate.

    Parameters
    ----------
    keeps_up : callable
        Offers a rate and returns whether the server keeps up with it.
    first : float
        The first rate to offer.
    """
    first = min(first, MOST_RATE)
    least = LEAST_SHARE * first
    if keeps_up(first):
        high = _double(keeps_up, first)
        low = high / 2
    else:
        low = _halve(keeps_up, first, least)
        high = low * 2
    while least <= low and high <= MOST_RATE and high > TOLERANCE * low:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if keeps_up(middle) else (low, middle)


def _double(keeps_up: KeepsUp, rate: float) -> float:
    """The first doubling of a rate with trouble, or above MOST_RATE."""
    rate *= 2
    while rate <= MOST_RATE and keeps_up(rate):
        rate *= 2
    return rate


def _halve(keeps_up: KeepsUp, rate: float, least: float) -> float:
    """The first half of a rate without trouble, or below the least."""
    rate /= 2
    while rate >= least and not keeps_up(rate):
        rate /= 2
    return rate
