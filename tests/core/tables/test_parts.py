"""Files cut into parts, against the same files read at once."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.tables import Table, jsonl, parts, read_table

CELLS = st.text(st.sampled_from('ab 1,;"\n\r\té'), max_size=6)
ROWS = st.lists(st.tuples(CELLS, CELLS, st.sampled_from(["", "7", "x9"])), max_size=12)


def joined(tables: list[Table]) -> tuple[dict[str, list[Any]], dict[str, int]]:
    """The columns of all parts, missing ones as None, and what was skipped."""
    names = list(dict.fromkeys(name for table in tables for name in table.cells))
    cells = {name: [cell for table in tables for cell in table.cells.get(name, [None] * len(table))] for name in names}
    skipped: dict[str, int] = {}
    for table in tables:
        skipped = {reason: skipped.get(reason, 0) + table.skipped[reason] for reason in {*skipped, *table.skipped}}
    return cells, skipped


def check(path: Path, rows_of_a_part: int = 2, *, large: bool = False) -> int:
    """Whether the parts are the whole; how many they are. A large file is read line by line."""
    whole = read_table(path.name, path.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "MOST_ROWS", rows_of_a_part)
        if large:
            patch.setattr(parts, "MOST_BYTES", 1)
        tables = list(parts.read_parts(path))
        for skip in range(len(tables) + 1):
            assert joined([*tables[:skip], *parts.read_parts(path, skip)]) == joined(tables)
    assert joined(tables) == (whole.cells, dict(whole.skipped))
    assert (tables[0].is_bare, tables[0].is_guessed) == (whole.is_bare, whole.is_guessed)
    assert all(not table.header and not table.is_guessed for table in tables[1:])
    return len(tables)


def quoted(cell: str) -> str:
    return f'"{cell.replace(chr(34), 2 * chr(34))}"' if set(cell) & set(',;"\n\r\t') else cell


slowly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(rows=ROWS, large=st.booleans(), beginning=st.sampled_from(["", "\n\n", "sep=,\n"]))
@slowly
def test_a_csv_is_cut_where_rows_end(tmp_path: Path, rows: list[tuple[str, ...]], large: bool, beginning: str) -> None:
    path = tmp_path / "rows.csv"
    lines = [",".join(map(quoted, row)) for row in [("id", "text", "n"), *rows]]
    path.write_text(beginning + "\n".join(lines), newline="")
    check(path, 3, large=large)


@given(rows=ROWS, large=st.booleans())
@slowly
def test_lines_of_json_are_cut_where_they_end(tmp_path: Path, rows: list[tuple[str, ...]], large: bool) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps({"id": row[0], "text": row[1]} | ({"n": row[2]} if row[2] else {})) for row in rows]
    path.write_text("\n".join(['{"id": "first"}', "no JSON", *lines, "", "[1]"]))
    check(path, 2, large=large)


@given(rows=ROWS)
@slowly
def test_a_parquet_is_cut_by_rows(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path / "rows.parquet"
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    pq.write_table(pa.table([pa.array(column, pa.string()) for column in columns], names=["id", "text", "n"]), path)
    assert check(path) == max(1, -(-len(rows) // 2))


def test_numbers_dates_and_vectors_of_a_parquet_are_read_as_at_once(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    days = pa.array([0, None, 2, 3, 4], pa.date32())
    vectors = pa.array([[1.0, 2.0]] * 5, pa.list_(pa.float32(), 2))
    nested = pa.array([{"a": 1}, None, {"a": 2}, None, None])
    pq.write_table(
        pa.table({"text": list("abcde"), "day": days, "n": [1.5, 2, None, 4, 5], "v": vectors, "x": nested}), path
    )
    assert check(path) == 3
    assert next(parts.read_parts(path)).unread_lists == ("v",)


@pytest.mark.parametrize("large", [False, True])
def test_whether_the_first_line_is_a_row_is_decided_once(tmp_path: Path, large: bool) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("d1,a first text\nd2,more\nx,other\ny,others\n", newline="")
    assert check(path, 3, large=large) == (3 if large else 2)
    path.write_text("id,text\nx,a text of words\ny,others\nid,looks like the names\n", newline="")
    assert check(path, 3, large=large) == (3 if large else 2)


def test_a_file_of_one_part_is_read_in_any_encoding_and_a_large_one_in_utf_8_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    for encoding in ("utf-16", "cp1252"):
        path.write_text("id,text\nd1,é and é\nd2,more\nd3,most\n", encoding=encoding, newline="")
        assert check(path) == 3
        with monkeypatch.context() as patch:
            patch.setattr(parts, "MOST_BYTES", 1)
            with pytest.raises(InputError, match="save it as UTF-8"):
                list(parts.read_parts(path))


@pytest.mark.parametrize(
    ("name", "content"), [("a.tsv", "id\ttext\na\tb\n"), ("a.csv", "id\ttext\na\tb\n"), ("a.txt", "a\nb\n")]
)
def test_a_large_file_that_cannot_be_cut_is_refused_with_advice(
    name: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text(content)
    assert len(list(parts.read_parts(tmp_path / name))) == 1
    monkeypatch.setattr(parts, "MOST_BYTES", 1)
    with pytest.raises(InputError, match=rf"{name} is too large .* Parquet"):
        list(parts.read_parts(tmp_path / name))


def test_an_open_quotation_mark_is_found_without_reading_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('id,text\na,b\nc,"open\n' + "text\n" * 100)
    monkeypatch.setattr(parts, "MOST_BYTES", 1)
    with pytest.raises(InputError, match="opened on line 3 is never closed"):
        list(parts.read_parts(path))
    monkeypatch.setattr(parts, "LONGEST_LINE", 50)
    with pytest.raises(InputError, match=r"A row of rows\.csv has more than 50 characters"):
        list(parts.read_parts(path))


def test_an_endless_line_is_counted_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "one"}\n{"text": "' + "endless " * 2000 + '"}\n{"text": "two"}\n')
    monkeypatch.setattr(parts, "LONGEST_LINE", 100)
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 100)
    monkeypatch.setattr(parts, "MOST_BYTES", 50)
    cells, skipped = joined(list(parts.read_parts(path)))
    assert cells == {"text": ["one", "two"]}
    assert list(skipped.values()) == [1]


def test_one_part_is_in_memory_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"id": row, "text": f"text {row} " * 20}) + "\n" for row in range(40_000)))
    monkeypatch.setattr(parts, "MOST_BYTES", 2**18)
    tracemalloc.start()
    rows = sum(len(table) for table in parts.read_parts(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == 40_000
    assert peak < path.stat().st_size / 4
