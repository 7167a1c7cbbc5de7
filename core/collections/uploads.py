"""Files uploaded for a collection: on disk until they are read, so that an interrupted reading is resumed.

They lie in `uploads/NAME` below EMBEDSCOPE_HOME, each in a folder of its own, whose number is its place.
"""

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from core import settings
from core.collections.dataset import check_name
from core.errors import InputError
from core.storage import files


def store(name: str, uploaded: Iterable[tuple[str, bytes | memoryview]]) -> None:
    """Write the files, of names and contents, for a collection of that name: all of them or none.

    Raises
    ------
    InputError
        A collection cannot be called so, or they cannot be written.
    """
    folder = _folder(name)
    draft = folder.with_name(f"{secrets.token_hex(8)}.part")
    try:
        for number, (file, content) in enumerate(uploaded):
            files.write(draft / f"{number:06}" / file, content)
        remove(name)
        draft.rename(folder)
    except OSError as error:
        raise InputError(f"Cannot write the uploaded files to {folder.parent} ({error.strerror or error}).") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def paths(name: str) -> list[Path]:
    """The files for a collection, in the order of their upload; none if there are none."""
    return sorted(_folder(name).glob("*/*"))


def remove(name: str) -> None:
    """Remove the files for a collection, if there are any."""
    shutil.rmtree(_folder(name), ignore_errors=True)


def _folder(name: str) -> Path:
    check_name(name)
    return settings.cache_folder() / "uploads" / name
