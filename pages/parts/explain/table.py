"""The download: every token's vector, and the embedding."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.encoders.base import Trace
from core.models import ModelSpec
from pages.shared.ui import output

if TYPE_CHECKING:
    import pandas as pd


def of(trace: Trace, labels: Sequence[str], spec: ModelSpec) -> "pd.DataFrame":
    """A row for each token, the last for the embedding, and a column for each dimension."""
    import pandas as pd

    table = (
        pd.DataFrame(np.vstack([trace.vectors, trace.pooled]), index=[*labels, "embedding"])
        .rename(columns=lambda number: f"d{number}")
        .reset_index(names="token")
    )
    return output.with_options(table, [spec], queries=False)
