"""The roles of a table's columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import wording
from core.errors import InputError

TEXT_COLUMNS = ("text", "passage", "sentence", "document", "content", "body")
TITLE_COLUMNS = ("title", "headline", "heading")
ID_COLUMNS = ("_id", "id")


@dataclass(frozen=True)
class Columns:
    """The role of each column of a table.

    Attributes
    ----------
    texts : tuple of str
        The columns that hold the text; the cells of several are joined by a blank line.
    title : str, optional
        The column of titles, which are embedded before the text.
    id : str, optional
        The column of ids; without it they are the rows' numbers.
    metadata : tuple of str
        The columns whose cells become fields of the corpus.
    """

    texts: tuple[str, ...]
    title: str | None = None
    id: str | None = None
    metadata: tuple[str, ...] = ()


def usual_columns(columns: Sequence[str], text: str | None = None) -> Columns:
    """The columns' roles by their names; anything that is not text, title or id becomes metadata.

    Parameters
    ----------
    text : str, optional
        The column of texts; by default the first of TEXT_COLUMNS, or the only column. There may be none.
    """
    text = text or usual_text_column(columns) or (columns[0] if len(columns) == 1 else None)
    return columns_beside(() if text is None else (text,), columns)


def columns_beside(texts: tuple[str, ...], columns: Sequence[str]) -> Columns:
    """The columns' roles by their names, given the columns of texts."""
    rest = [column for column in columns if column not in texts]
    title, own_id = _first_of(TITLE_COLUMNS, rest), _first_of(ID_COLUMNS, rest)
    return Columns(texts, title, own_id, tuple(column for column in rest if column not in (title, own_id)))


def usual_text_column(columns: Sequence[str]) -> str | None:
    """The first of TEXT_COLUMNS among the columns, ignoring case."""
    return _first_of(TEXT_COLUMNS, columns)


def usual_column(name: str, columns: Sequence[str]) -> str | None:
    """The column of that name, ignoring case."""
    return _first_of((name,), columns)


def text_column(name: str, columns: Sequence[str], asked: str | None = None) -> str:
    """The column that holds the texts of a file: the one asked for, or the usual one.

    Raises
    ------
    InputError
        There is none.
    """
    if asked is not None:
        return named_column(name, columns, asked)
    candidates = usual_columns(columns).texts
    if not candidates:
        raise InputError(
            f"{name} has no column called text. Its columns are: {_list_names(columns)}. Name the text column."
        )
    return candidates[0]


def named_column(name: str, columns: Sequence[str], column: str) -> str:
    """The column that the user named.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if column not in columns:
        raise InputError(f"{name} has no column {column!r}. Its columns are: {_list_names(columns)}.")
    return column


def columns_of(name: str, columns: Sequence[str], chosen: Columns) -> Columns:
    """The chosen columns that a file has; for an id or a title of a usual name, its own of another usual name.

    Raises
    ------
    InputError
        The file has none of the columns of texts.
    """
    if not set(chosen.texts) & set(columns):
        wanted = wording.join([*map(repr, chosen.texts)], "or") if chosen.texts else "called text"
        raise InputError(
            f"{name} has no column {wanted}. Its columns are: {_list_names(columns)}. Choose the text column."
        )
    texts = tuple(column for column in chosen.texts if column in columns)
    rest = [column for column in columns if column not in texts]
    title, own_id = _likewise(TITLE_COLUMNS, chosen.title, rest), _likewise(ID_COLUMNS, chosen.id, rest)
    metadata = tuple(column for column in chosen.metadata if column in rest and column not in (title, own_id))
    return Columns(texts, title, own_id, metadata)


def _likewise(known: Sequence[str], chosen: str | None, columns: Sequence[str]) -> str | None:
    """The chosen column; without it the first of the usual names, if it is one of them too: several files differ."""
    if chosen is None or chosen in columns:
        return chosen
    return _first_of(known, columns) if chosen.lower() in known else None


def _first_of(known: Sequence[str], columns: Sequence[str]) -> str | None:
    lowered = {column.lower(): column for column in reversed(columns)}
    return next((lowered[name] for name in known if name in lowered), None)


def _list_names(columns: Sequence[str]) -> str:
    """The columns' names for a sentence; a file may have thousands."""
    return wording.join([wording.shorten(column, 100) for column in columns], most=30)
