"""Conditions as SQL, against the same conditions in memory."""

import json
import math
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import collections
from core.corpus import from_path
from core.errors import InputError
from core.search import filters

ODD = [
    "",
    "it's",
    'a "b"',
    "a\\b",
    "a\\'b",
    "%",
    "--",
    "é",
    "١٢",
    "1_0",
    "inf",
    "-0.0",
    "1e15",
    "1.1e15",
    "NULL",
    "x\ny",
    "🦊",
]
CELLS = st.sampled_from(ODD) | st.text(max_size=4) | st.integers(-5, 5).map(str) | st.floats().map(str)
NUMBERS = st.integers(-5, 5).map(float) | st.floats()


@given(
    cells=st.lists(CELLS, min_size=1, max_size=20),
    chosen=st.lists(CELLS, max_size=4),
    ends=st.none() | st.tuples(NUMBERS, NUMBERS),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sql_leaves_the_rows_that_are_left_in_memory(
    tmp_path: Path, folder: Path, cells: list[str], chosen: list[str], ends: tuple[float, float] | None
) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    path = tmp_path / "rows.jsonl"
    rows = [{"text": f"t{row}", "ke'y": cell} | ({"late": "x"} if row > 8 else {}) for row, cell in enumerate(cells)]
    path.write_text("\n".join(map(json.dumps, rows)))
    made, texts = collections.create("rows", [path]), from_path(path)
    chosen = [*chosen, *texts.fields["ke'y"][:1]] if chosen else []
    choices = {"ke'y": chosen} | ({"late": ["", "y"]} if len(chosen) > 2 and len(cells) > 9 else {})
    spans = {"ke'y": ends} if ends else {}
    expected = filters.matching(texts.fields, choices, spans)
    assert collections.matching(made, choices, spans).tolist() == expected.tolist()


def test_infinite_ends_and_none_are_as_in_memory(texts: Path) -> None:
    made, fields = collections.create("texts", [texts]), from_path(texts).fields
    for ends in [
        (-math.inf, 1.0),
        (1.0, math.inf),
        (-math.inf, math.inf),
        (math.nan, 2.0),
        (math.inf, math.inf),
        (3.0, 1.0),
    ]:
        expected = filters.matching(fields, {}, {"kind": ends}).tolist()
        assert collections.matching(made, {}, {"kind": ends}).tolist() == expected
    assert collections.matching(made, {"kind": []}, {}).tolist() == list(range(25))


def test_a_field_that_is_not_there_is_named_with_those_that_are(texts: Path) -> None:
    with pytest.raises(InputError, match=r"texts has no field 'kinds'\. Its fields are: kind"):
        collections.matching(collections.create("texts", [texts]), {"kinds": ["1"]}, {})
