"""What a model's vectors depend on, kept on disk: stored vectors are found without loading the model, or its library.

What is kept is what last answered a request for the model: its revision, engine, executed precision and limits.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.encoders.base import CHOOSING, Encoder, Kind, Vectors
from core.encoders.vocabulary import Vocabulary
from core.machine import this_machine
from core.models import ModelSpec, revisions
from core.progress import Progress, silent
from core.settings import cache_folder
from core.storage import digests, files, records

VERSION = 1

log = logging.getLogger(__name__)

Request = tuple[str, str, str]
"""The device, engine and precision asked for, "auto" included."""


class NotStoredError(Exception):
    """Something has to be computed, for which the model must be loaded."""


@dataclass(frozen=True)
class Description:
    """What an encoder tells of itself; the attributes are those of `Encoder`, and the facts of its `Vocabulary`."""

    revision: str
    device: str
    engine: str
    precision: str
    reason: str
    dimensions: int
    max_tokens: int | None
    empty_tokens: list[int]
    knows_plain_words: bool


class Reader:
    """An encoder that computes nothing: whatever is not in the store raises NotStoredError."""

    memory_bytes = 0

    def __init__(self, spec: ModelSpec, known: Description) -> None:
        self.spec = spec
        self.revision, self.device = known.revision, known.device
        self.engine, self.precision, self.reason = known.engine, known.precision, known.reason
        self.dimensions, self.max_tokens = known.dimensions, known.max_tokens
        self._vocabulary = Vocabulary(frozenset(known.empty_tokens), known.knows_plain_words)

    def encode(
        self,
        texts: Sequence[str],  # noqa: ARG002
        kind: Kind = "document",  # noqa: ARG002
        on_progress: Progress = silent,  # noqa: ARG002
    ) -> Vectors:
        """Raise, since these texts are not stored."""
        raise NotStoredError

    def count_tokens(self, texts: Sequence[str]) -> list[int]:  # noqa: ARG002
        """Raise, since the numbers of these texts are not stored."""
        raise NotStoredError

    def may_be_unknown(self, text: str) -> bool:
        """Whether the model may know none of a text's tokens; found without tokenizing it."""
        return self._vocabulary.may_lack(text)

    def count_known_tokens(self, texts: Sequence[str]) -> list[int]:  # noqa: ARG002
        """Raise, since the numbers of these texts are not stored."""
        raise NotStoredError

    def shorten(self, dimensions: int) -> None:  # noqa: ARG002
        """Raise, since each length has a description of its own."""
        raise NotStoredError


def reader(spec: ModelSpec, request: Request) -> Reader | None:
    """What reads the stored vectors of a request as it was last answered; None if it never was in this state."""
    path = _path(spec, request)
    try:
        return Reader(spec, records.parse(Description, path.read_bytes())) if path else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("Cannot read what is known of %s in %s (%s): loading it.", spec.name, path, error)
        return None


def keep(encoder: Encoder, request: Request, vocabulary: Vocabulary) -> None:
    """Keep what answered a request; a failed write is logged and ignored."""
    known = Description(
        encoder.revision,
        encoder.device,
        encoder.engine,
        encoder.precision,
        "" if encoder.reason == CHOOSING else encoder.reason,
        encoder.dimensions,
        encoder.max_tokens,
        sorted(vocabulary.empty),
        vocabulary.knows_plain_words,
    )
    content = json.dumps(asdict(known), indent=1).encode()
    path = _path(encoder.spec, request)
    try:
        if path and not (path.exists() and path.read_bytes() == content):
            files.write(path, content)
    except OSError as error:
        log.warning("Cannot keep what is known of %s (%s): it is loaded again next time.", encoder.spec.name, error)


def _path(spec: ModelSpec, request: Request) -> Path | None:
    """The file for a model's files as they are now, on this machine with these libraries; None if they are unread."""
    revision = revisions.look_up(spec)
    if revision is None or spec.provider == "openai":
        return None
    machine = this_machine()
    described = (spec.id, revision, revisions.stamp(spec), spec.truncate_dim, spec.similarity)
    here = (machine.cpu, machine.cores, machine.gpus, sorted(machine.versions.items()))
    name = digests.of(repr((VERSION, described, request, here)).encode(), size=10)
    return cache_folder() / "descriptions" / f"{name}.json"
