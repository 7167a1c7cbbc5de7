"""When requests arrive: at random, independently of each other and of the answers, as from many users."""

import numpy as np
import numpy.typing as npt


def draw(rate: float, seconds: float, seed: int) -> npt.NDArray[np.float64]:
    """Arrival times of a Poisson process, given how many there are: the same for the same seed.

    Given their number, the arrivals of a Poisson process are independent and uniform in time (Ross, Introduction to
    Probability Models, theorem 5.2). Their number is the rate times the seconds, so that short measurements offer the
    rate that they name.

    Returns
    -------
    array (n,)
        Seconds from the beginning, in ascending order; at least one.
    """
    number = max(1, round(rate * seconds))
    return np.sort(np.random.default_rng(seed).uniform(0.0, seconds, number))
