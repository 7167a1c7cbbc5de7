"""JSON records from any source, checked against their dataclass."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Record = TypeVar("Record")


def parse(kind: Callable[..., Record], content: str | bytes) -> Record:
    """Parse a JSON text as a record; each field must have its exact type, and nothing is converted.

    Raises
    ------
    ValueError
        It is not such a record. The message repeats none of its content.
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
