"""The models: those of the catalogue, those added later, and how each is named.

A name is one of the catalogue's, a hub id (`owner/name`), a folder of the host's models directory (`folder:name`), or a
server of secrets.toml (`server:name`); anything else is refused, so that no name can reach other files.
"""

from collections.abc import Iterable
from functools import lru_cache

from core import leaderboard
from core.errors import UnknownModelError
from core.leaderboard import Snapshot
from core.models import folder, listing, pins, servers
from core.models.catalogue import catalogue, original_machine
from core.models.spec import BOARDS, TASKS, BundledFiles, ModelSpec, OriginalRow, Server

DEFAULT_PICKS = ("all-MiniLM-L6-v2", "wordllama-256")

__all__ = [
    "BOARDS",
    "DEFAULT_PICKS",
    "TASKS",
    "BundledFiles",
    "ModelSpec",
    "OriginalRow",
    "Server",
    "all_models",
    "catalogue",
    "get",
    "ids",
    "listed",
    "names",
    "original_machine",
    "pickable",
]


def all_models() -> tuple[ModelSpec, ...]:
    """The catalogue's models, then those added on this machine: downloaded from the Hub, in the folder, on servers."""
    listed = {spec.id for spec in catalogue()}
    downloaded = tuple(spec for spec in pins.list_models() if spec.id not in listed)
    return (*catalogue(), *downloaded, *folder.list_models(), *servers.list_models())


def names() -> tuple[str, ...]:
    """The names of the known models, in their order."""
    return tuple(spec.name for spec in all_models())


def listed() -> tuple[ModelSpec, ...]:
    """The models of MTEB's leaderboard that are not yet among the known ones, the best first."""
    return _listed(_ids(all_models()), leaderboard.current())


def pickable() -> tuple[ModelSpec, ...]:
    """All models that can be picked: the known ones in their order, then those of the leaderboard."""
    known = all_models()
    return (*known, *_listed(_ids(known), leaderboard.current()))


def ids(wanted: Iterable[str]) -> dict[str, str]:
    """The id of each model among the names, known here or on the Hub; other names are skipped."""
    here = {spec.name: spec.id for spec in all_models()}
    return {name: here.get(name, name) for name in wanted if name in here or pins.is_id(name)}


def get(name: str) -> ModelSpec:
    """The model of that name; a hub id need not be downloaded yet.

    Raises
    ------
    UnknownModelError
        No such model; the message lists the valid names.
    """
    for spec in all_models():
        if name == spec.name or name.lower() == spec.id.lower():  # the Hub ignores case
            return spec
    if pins.is_id(name):
        return listing.specs(leaderboard.current()).get(name.lower()) or pins.spec_of_id(name)
    unread = "".join(f" {problem}" for problem in servers.problems())
    raise UnknownModelError(
        f"There is no model called {name!r}. Choose from {', '.join(names())}, or any Hub model as owner/name.{unread}"
    )


def _ids(specs: Iterable[ModelSpec]) -> frozenset[str]:
    return frozenset(spec.id.lower() for spec in specs)


@lru_cache(maxsize=4)
def _listed(known: frozenset[str], board: Snapshot) -> tuple[ModelSpec, ...]:
    """The models of a leaderboard without the known ones, whose ids are given; cached, as every page asks often."""
    names = {f"{owner}{name}" for owner in listing.OWNERS for name in known}
    return tuple(spec for name, spec in listing.specs(board).items() if name not in names)
