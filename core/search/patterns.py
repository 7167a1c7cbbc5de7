"""Rows that contain a word or match a regular expression, in time linear in the texts."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.errors import InputError


def matching(columns: Sequence[Sequence[str]], pattern: str, *, is_regex: bool = False) -> npt.NDArray[np.int64]:
    """Rows with the pattern in any of their columns, ignoring case.

    Uses Arrow's RE2, which is linear in the texts for any expression.

    Parameters
    ----------
    columns : sequences of str, each of length n
    pattern : str
        A substring, or a regular expression in RE2's syntax.

    Raises
    ------
    InputError
        The expression cannot be read.
    """
    import pyarrow
    import pyarrow.compute

    match = pyarrow.compute.match_substring_regex if is_regex else pyarrow.compute.match_substring
    matches = np.zeros(len(columns[0]), bool)
    for column in columns:
        try:
            hits = match(pyarrow.array(column, pyarrow.large_string()), pattern, ignore_case=True)
        except pyarrow.ArrowInvalid as error:
            reason = str(error).removeprefix("Invalid regular expression: ")
            raise InputError(f"This is not a regular expression: {reason}. Fix it, or search by words.") from None
        matches |= hits.to_numpy(zero_copy_only=False)
    return np.flatnonzero(matches)
