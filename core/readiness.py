"""Whether a server can do its work now, for whoever sends visitors to it."""

import shutil
import tempfile

from core import settings
from core.errors import EmbedscopeError
from core.jobs import room
from core.models import pickable
from core.models.files import availability

LEAST_FREE_BYTES = 500_000_000


def problems() -> list[str]:
    """A sentence for each thing that keeps the server from its work; none if it is ready.

    They name no person, no text and no folder.
    """
    return [sentence for look in (_home, _disk, _memory, _models) if (sentence := look())]


def _home() -> str:
    try:
        settings.cache_folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.cache_folder()):
            return ""
    except OSError:
        return "EMBEDSCOPE_HOME can't be written to: nothing will be remembered."


def _disk() -> str:
    try:
        free = shutil.disk_usage(settings.cache_folder()).free
    except OSError:
        return ""  # said above
    if free >= LEAST_FREE_BYTES:
        return ""
    return (
        f"The disk of EMBEDSCOPE_HOME has {free / 1e6:,.0f} MB left of the {LEAST_FREE_BYTES / 1e6:,.0f} MB it needs."
    )


def _memory() -> str:
    try:
        used, budget = room.used(), room.budget()
    except EmbedscopeError as error:
        return str(error)
    if used <= budget:
        return ""
    return f"The server and its children take {used / 1e9:.1f} GB of memory, and may take {budget / 1e9:.1f} GB."


def _models() -> str:
    return "" if any(availability(spec).is_ready for spec in pickable()) else "No model is ready."
