"""How much two rankings agree."""

from collections.abc import Hashable, Sequence

PERSISTENCE = 0.9


def rank_biased_overlap(first: Sequence[Hashable], second: Sequence[Hashable], p: float = PERSISTENCE) -> float:
    """Agreement of two rankings, from 0 (nothing in common) to 1 (the same), the top counting most.

    RBO_ext of Webber, Moffat and Zobel 2010, "A similarity measure for indefinite rankings", equation 32: the
    agreement seen to the lists' ends is extrapolated. The lists may differ in length.

    Parameters
    ----------
    first, second : sequences of distinct documents, best first
        Two empty ones are the same; an empty one has nothing in common with another.
    p : float
        How likely a reader continues to the next rank: 0.9 gives the first ten 86 % of the weight.
    """
    short, long = sorted((first, second), key=len)
    if not short:
        return 1.0 if not long else 0.0
    common, total = 0, 0.0
    seen_short: set[Hashable] = set()
    seen_long: set[Hashable] = set()
    at_short = 0
    for depth, document in enumerate(long, start=1):
        seen_long.add(document)
        if depth <= len(short):
            other = short[depth - 1]
            seen_short.add(other)
            common += (document in seen_short) + (other in seen_long and other != document)
            at_short = common
            agreed = common / depth
        else:
            common += document in seen_short
            agreed = (common + at_short * (depth - len(short)) / len(short)) / depth
        total += agreed * p**depth
    return (1 - p) / p * total + agreed * p ** len(long)
