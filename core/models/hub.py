"""Models of the Hugging Face Hub beyond the catalogue: their ids, and what was pinned when they were downloaded."""

import re

from core.models.spec import ModelSpec

ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


def is_id(name: str) -> bool:
    """Whether a name is a hub id: owner/name, each of letters, digits, dots, hyphens and underscores."""
    return bool(ID.fullmatch(name)) and not re.search(r"\.\.|--|\.git$|[.-](/|$)", name)


def undownloaded(name: str) -> ModelSpec:
    """What is known of a model that only the Hub knows: its id."""
    return ModelSpec(
        name=name,
        id=name,
        provider="huggingface",
        dimensions=None,
        organisation=name.partition("/")[0],
        url=f"https://huggingface.co/{name}",
    )


def downloaded() -> tuple[ModelSpec, ...]:
    """The models that have been downloaded to this machine, at their pinned revisions."""
    return ()
