"""Texts made safe for Markdown."""

import re

MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:^-])")


def markdown_free(text: str) -> str:
    """A text as Markdown that shows every character as it is."""
    return MARKUP.sub(r"\\\1", text)
