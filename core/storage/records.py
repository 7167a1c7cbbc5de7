"""Records of JSON, from disk or from elsewhere, checked against the dataclass that each should be."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Record = TypeVar("Record")


def parse(kind: Callable[..., Record], content: str | bytes) -> Record:
    """The record that a JSON text holds; each field has its type exactly, and nothing is converted.

    Raises
    ------
    ValueError
        It is no such record. The message repeats nothing of it.
    """
    from pydantic import ValidationError

    try:
        record: Record = _adapter(kind).validate_json(content, strict=True)
    except ValidationError as error:
        raise ValueError(error.errors(include_input=False)[0]["msg"]) from None
    return record


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
