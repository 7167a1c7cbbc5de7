"""The load tests made on this machine, without their texts."""

import logging
from functools import lru_cache
from pathlib import Path

from core.benchmark.history import is_of_this_machine
from core.errors import InputError
from core.load.result import LoadTest
from core.models import ModelSpec, revisions
from core.settings import own_folder
from core.storage import digests, files

TESTS_REMEMBERED = 500

log = logging.getLogger(__name__)


def folder() -> Path:
    """The folder of saved load tests."""
    return own_folder("loads")


def save(test: LoadTest) -> Path:
    """Save a load test and return its file.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    content = test.to_json().encode()
    path = folder() / f"{test.created.replace(':', '')}-{digests.of(content, size=4)}.json"
    try:
        files.write(path, content)
    except OSError as error:
        raise InputError(
            f"Cannot save the load test in {folder()} ({error.strerror}). Set EMBEDSCOPE_HOME to a writable folder."
        ) from None
    return path


def latest(spec: ModelSpec, fingerprint: str, texts_per_request: int = 1) -> LoadTest | None:
    """The latest search for the limit of a model as it is now, on the texts of a corpus; None if there is none.

    Tests of given rates, or with a 95th percentile of one's own, have another limit and do not count.
    """
    asked = fingerprint, texts_per_request, (), None
    for test in reversed(_tests()):
        settings = test.settings
        how = test.fingerprint, settings.texts_per_request, settings.rates, settings.most_ms
        if how == asked and _is_of(test, spec):
            return test
    return None


def _is_of(test: LoadTest, spec: ModelSpec) -> bool:
    """Whether a test is of what the spec describes now."""
    if (test.model, test.id, test.document_prompt) != (spec.name, spec.id, spec.document_prompt):
        return False
    return spec.server is not None or test.revision == revisions.look_up(spec)


def _tests() -> list[LoadTest]:
    """All load tests of this machine, the oldest first; files that are none are skipped."""
    tests = []
    for path in sorted(folder().glob("*.json")):
        try:
            tests.append(_read(path, files.stamp(path)))
        except (InputError, OSError) as error:
            log.debug("Skipped %s: %s", path, error)
    return sorted((test for test in tests if is_of_this_machine(test.machine)), key=lambda test: test.created)


@lru_cache(TESTS_REMEMBERED)
def _read(path: Path, _stamp: files.Stamp) -> LoadTest:
    return LoadTest.from_json(path.read_bytes())
