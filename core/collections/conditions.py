"""Conditions on the fields of a collection, as SQL; the same as those of `core.search.filters`."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.collections.dataset import Collection
from core.search.exact import Rows


def matching(
    collection: Collection, choices: Mapping[str, Sequence[str]], spans: Mapping[str, tuple[float, float]]
) -> Rows:
    """Rows that meet every condition, ascending, as `filters.matching` finds them in memory.

    Raises
    ------
    InputError
        There is no such field.
    """
    condition = sql(collection, choices, spans)
    if not condition:
        return np.arange(len(collection))
    scanner = collection.data.scanner(columns=[], filter=condition, with_row_address=True, scan_in_order=True)
    batches = [collection.rows_at(batch.column("_rowaddr").to_numpy()) for batch in scanner.to_batches()]
    return np.concatenate([np.empty(0, np.int64), *batches])


def sql(collection: Collection, choices: Mapping[str, Sequence[str]], spans: Mapping[str, tuple[float, float]]) -> str:
    """The conditions as one of SQL; empty if there are none."""
    parts = [_is_among(collection.column(name), chosen) for name, chosen in choices.items() if chosen]
    parts += [_is_within(collection.column(name), low, high) for name, (low, high) in spans.items()]
    return " AND ".join(parts)


def quote(text: str) -> str:
    """A text as SQL writes it."""
    return f"'{text.replace(chr(39), 2 * chr(39))}'"


def _is_among(column: str, chosen: Sequence[str]) -> str:
    return f"(coalesce({column}, '') IN ({', '.join(map(quote, chosen))}))"


def _is_within(column: str, low: float, high: float) -> str:
    """That a field's number lies between two; both may be infinite, but nothing lies beside NaN."""
    if math.isnan(low) or math.isnan(high) or low == math.inf or high == -math.inf:
        return "(false)"
    number = f"n{column[1:]}"
    bounds = [f"{number} >= {low!r}" for _ in range(math.isfinite(low))]
    bounds += [f"{number} <= {high!r}" for _ in range(math.isfinite(high))]
    return f"({' AND '.join([f'{number} IS NOT NULL', *bounds])})"
