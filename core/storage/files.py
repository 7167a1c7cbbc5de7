"""Files written whole or not at all."""

import secrets
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there: whoever reads finds what was there, or all of this.

    The folder is made if it is not there.

    Raises
    ------
    OSError
        It cannot be written; nothing of it is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{secrets.token_hex(8)}.part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
