"""Models behind servers that speak OpenAI's API, as the host has named them in secrets.toml.

Each has its own section, in which `url` and `model` are required and the other lines optional:

    [servers.gpu]
    url = "http://gpu.example:8000/v1"
    model = "BAAI/bge-m3"
    key = "..."

With a `dialect`, the address is that provider's own unless `url` names another.
"""

import logging
import math
import re
from functools import cache
from typing import Any

from core.errors import InputError
from core.models.dialects import DIALECTS, OPENAI
from core.models.spec import ModelSpec, Server
from core.settings import secrets, secrets_problems
from core.similarity.functions import SIMILARITIES

NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
LABEL = r"[A-Za-z0-9_-]{1,63}"
ADDRESS = re.compile(
    rf"https?://({LABEL}(\.{LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{{1,5}}))?(/[\w.~%/-]*)?", re.ASCII
)
TEXTS = ("dialect", "url", "model", "key", "query_prompt", "document_prompt", "similarity")
COUNTS = ("dimensions", "max_tokens")
PRICE = "usd_per_million_tokens"
LINES = (*TEXTS, *COUNTS, PRICE)

log = logging.getLogger(__name__)


def list_models() -> tuple[ModelSpec, ...]:
    """The host's servers, one model each; an invalid section is skipped: see `problems`."""
    return _check_sections()[0]


def problems() -> tuple[str, ...]:
    """The problems in secrets.toml, one sentence for each unreadable file and each section skipped."""
    return (*secrets_problems(), *_check_sections()[1])


def key(section: str) -> str | None:
    """The key of a server; None if its section has none."""
    values = _sections().get(section)
    value = values.get("key") if isinstance(values, dict) else None
    return value.strip() or None if isinstance(value, str) else None


def is_address(url: str) -> bool:
    """Whether it is a plain http or https address, without a user name, password or query, which may be secret."""
    match = ADDRESS.fullmatch(url)
    return match is not None and int(match["port"] or 0) < 2**16


def _sections() -> dict[str, Any]:
    sections = secrets().get("servers", {})
    return sections if isinstance(sections, dict) else {"": sections}


def _check_sections() -> tuple[tuple[ModelSpec, ...], tuple[str, ...]]:
    specs, wrong = [], []
    for name, section in _sections().items():
        try:
            specs.append(_spec(name, section))
        except InputError as error:
            wrong.append(f"[servers.{name}] in secrets.toml is skipped: {error}")
            _log_once(wrong[-1])
    return tuple(specs), tuple(wrong)


@cache
def _log_once(sentence: str) -> None:
    log.warning(sentence)


def _spec(name: str, section: Any) -> ModelSpec:
    _check_name(name, section)
    _check_values(section)
    dialect = section.get("dialect", OPENAI)
    url = _address(section).rstrip("/")
    dimensions = section.get("dimensions")
    return ModelSpec(
        name=f"server:{name}",
        id=f"{section['model']}@{url}",
        provider="openai",
        dimensions=dimensions,
        organisation=url.split("/")[2],
        max_tokens=section.get("max_tokens"),
        similarity=section.get("similarity", "cosine"),
        query_prompt=section.get("query_prompt", ""),
        document_prompt=section.get("document_prompt", ""),
        usd_per_million_tokens=section.get(PRICE),
        matryoshka=() if dimensions else DIALECTS[dialect].lengths_of(section["model"]),
        server=Server(section=name, url=url, model=section["model"], dimensions=dimensions, dialect=dialect),
    )


def _address(section: dict[str, Any]) -> str:
    """The section's address, or else that of its dialect's provider."""
    return section.get("url") or DIALECTS[section.get("dialect", OPENAI)].url


def _check_name(name: str, section: Any) -> None:
    if not NAME.fullmatch(name):
        raise InputError("its name must have 1 to 40 letters, digits, hyphens and underscores, as in [servers.gpu].")
    if not isinstance(section, dict):
        raise InputError("it must be a section with the lines url and model.")


def _check_values(section: dict[str, Any]) -> None:
    """Check all lines of a section; messages repeat no value, since a key may be in the wrong line."""
    if unknown := set(section) - set(LINES):
        raise InputError(f"{sorted(unknown)[0]!r} is not one of its lines: {', '.join(LINES)}.")
    for line in (line for line in TEXTS if line in section):
        if not isinstance(section[line], str):
            raise InputError(f"{line} must be text in quotes.")
    if section.get("dialect", OPENAI) not in DIALECTS:
        raise InputError(f"dialect must be one of {', '.join(DIALECTS)}.")
    if section.get("similarity", "cosine") not in SIMILARITIES:
        raise InputError(f"similarity must be one of {', '.join(SIMILARITIES)}.")
    for line, value in {"url": _address(section), "model": section.get("model")}.items():
        if not value:
            raise InputError(f"{line} is missing: url and model are required.")
    if not is_address(_address(section)):
        raise InputError(
            "url must be an http or https address without user name, password or query, such as "
            "http://gpu.example:8000/v1. Put the key on its own line: key."
        )
    for line in (line for line in COUNTS if line in section):
        if type(section[line]) is not int or section[line] < 1:
            raise InputError(f"{line} must be a whole number of 1 or more.")
    price = section.get(PRICE, 0)
    if type(price) not in (int, float) or not 0 <= price < math.inf:
        raise InputError(f"{PRICE} must be a number of 0 or more.")
