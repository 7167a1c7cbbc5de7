"""Atomic writing of files, and what shows that one has changed."""

import secrets
from pathlib import Path

Stamp = tuple[int, int, int]


def write(path: Path, *content: bytes | memoryview) -> None:
    """Write a temporary file and move it into place: readers see either the old content or all of the new.

    The content is the parts, one after the other. The folder is created if missing.

    Raises
    ------
    OSError
        It cannot be written; the temporary file is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{secrets.token_hex(8)}.part")
    try:
        with draft.open("wb") as file:
            file.writelines(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def stamp(path: Path) -> Stamp:
    """What changes when a file does: its time, its size and, of files written within one tick of the clock, its number.

    Raises
    ------
    OSError
        There is no such file.
    """
    state = path.stat()
    return state.st_mtime_ns, state.st_size, state.st_ino
