"""Texts with their ids and what else is known of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from core import wording
from core.storage import digests
from core.tables import LeftOut


@dataclass(frozen=True)
class Corpus:
    """Texts with their ids and what else is known of them.

    Attributes
    ----------
    name : str
        Where they come from, for captions.
    ids, texts : tuple of str, length n
    fields : dict of str to tuple of str, each of length n
        Further columns: title, subject, kind, ...
    left_out : dict of str to int
        What was skipped or changed, and how often: {"blank lines": 3}.
    fingerprint : str
        Digest of ids, texts, fields and parents: equal content, equal fingerprint.
    parents : tuple of str, length n or 0
        Where the texts are passages of longer documents: the id of each one's document.
    left_out_rows : tuple of LeftOut
        The first of the rows that `left_out` counts.
    """

    name: str
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""
    parents: tuple[str, ...] = ()
    left_out_rows: tuple[LeftOut, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def skips_sentence(self) -> str:
        """What was skipped or changed and how often, for a caption; empty if nothing was."""
        return wording.skips(self.left_out)

    @property
    def is_cut(self) -> bool:
        """Whether texts were skipped because there are more than the host's limit."""
        return any(" beyond the first " in reason for reason in self.left_out)

    @property
    def document_ids(self) -> tuple[str, ...]:
        """The ids that labels refer to: each text's own, or its document's if it is a passage."""
        return self.parents or self.ids

    @cached_property
    def document_names(self) -> tuple[str, ...]:
        """The id of each document, once for all its passages, in the order of their first passages."""
        return tuple(dict.fromkeys(self.document_ids))

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """A short name for each text: its title, or its first words."""
        titles = self.fields.get("title", ("",) * len(self))
        return tuple(title or wording.shorten(text, 60) for title, text in zip(titles, self.texts, strict=True))

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """What is embedded and indexed: the title, where there is one, and the text, as BEIR does it."""
        if "title" not in self.fields:
            return self.texts
        return tuple(f"{title} {text}".strip() for title, text in zip(self.fields["title"], self.texts, strict=True))


def fingerprint(
    ids: Sequence[str], texts: Sequence[str], fields: dict[str, tuple[str, ...]], parents: Sequence[str]
) -> str:
    """Digest of a corpus's content."""
    content = json.dumps([ids, texts, fields, *([parents] if parents else [])], ensure_ascii=True, sort_keys=True)
    return digests.of(content.encode())
