"""Where Embedscope stores its files, and the host's settings from the environment and secrets.toml."""

import logging
import math
import os
import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import InputError

DATA = Path(__file__).parent / "data"
PROJECT = Path(__file__).parent.parent
SECRETS = Path(".streamlit") / "secrets.toml"
STORE_BYTES = 2_000_000_000
MOST_ROWS = 100_000
USUAL_LIMITS = {  # where there is a login
    "EMBEDSCOPE_VISITOR_JOBS": 8,
    "EMBEDSCOPE_TOTAL_JOBS": 64,
    "EMBEDSCOPE_VISITOR_ROWS": 1_000_000,
    "EMBEDSCOPE_TOTAL_ROWS": 10_000_000,
    "EMBEDSCOPE_VISITOR_UPLOAD_MB": 1_000,
    "EMBEDSCOPE_TOTAL_UPLOAD_MB": 4_000,
    "EMBEDSCOPE_VISITOR_TOKENS": 5_000_000,
    "EMBEDSCOPE_TOTAL_TOKENS": 50_000_000,
    "EMBEDSCOPE_VISITOR_GPU_SECONDS": 1_800,
    "EMBEDSCOPE_TOTAL_GPU_SECONDS": math.inf,
}
LOGIN = re.compile(rb"^\s*\[\s*auth\s*[\].]", re.MULTILINE)

log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Folder for vectors, pins and runs: EMBEDSCOPE_HOME, or `embedscope` in the user's cache folder.

    It may not exist yet: code that writes into it creates it.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("EMBEDSCOPE_HOME") or Path(base) / "embedscope")


def nobody() -> str:
    """The key of the person who is served, where nobody logs in: on the command line, and without a login."""
    return ""


owner: Callable[[], str] = nobody  # the pages' door knows better


def own_folder(name: str) -> Path:
    """Folder for what belongs to the person who has logged in; the one that all share where no login is configured."""
    person = owner()
    return cache_folder() / "people" / person / name if person else cache_folder() / name


def store_bytes() -> int:
    """Maximum size of the store of vectors on disk, in bytes: EMBEDSCOPE_STORE_GB, in GB; 2 GB by default.

    Raises
    ------
    InputError
        The setting is not a positive number.
    """
    name = "EMBEDSCOPE_STORE_GB"
    size = _number(name)
    if size is None:
        return STORE_BYTES
    if not 0 < size < math.inf:
        raise InputError(f"{name} is {os.environ[name]!r}: set it to a number of GB above 0, such as 2.")
    return int(size * 1_000_000_000)


def most_rows() -> int:
    """Most rows of a file that are read: EMBEDSCOPE_MOST_ROWS, 100,000 by default.

    Raises
    ------
    InputError
        The setting is not a whole number above 0.
    """
    name = "EMBEDSCOPE_MOST_ROWS"
    rows = _number(name)
    if rows is None:
        return MOST_ROWS
    if not (0 < rows < math.inf and rows.is_integer()):
        raise InputError(f"{name} is {os.environ[name]!r}: set it to a whole number above 0, such as {MOST_ROWS}.")
    return int(rows)


def metrics_port() -> int | None:
    """The port of the figures for Prometheus, EMBEDSCOPE_METRICS; None if there shall be none.

    Raises
    ------
    InputError
        It is no port.
    """
    name = "EMBEDSCOPE_METRICS"
    port = _number(name)
    if port is None:
        return None
    if not (0 < port < 2**16 and port.is_integer()):
        raise InputError(f"{name} is {os.environ[name]!r}: set it to a port, such as 9464.")
    return int(port)


def logs_are_json() -> bool:
    """Whether a server started by hosted.py writes its log as lines of JSON: EMBEDSCOPE_LOG=json."""
    return os.environ.get("EMBEDSCOPE_LOG", "").lower() == "json"


def ram_share() -> float:
    """Share of the RAM that loaded models may take together: EMBEDSCOPE_RAM_SHARE, half by default."""
    return _share("EMBEDSCOPE_RAM_SHARE", 0.5)


def gpu_share() -> float:
    """Share of the GPU's memory that loaded models may take together: EMBEDSCOPE_GPU_SHARE, 0.8 by default."""
    return _share("EMBEDSCOPE_GPU_SHARE", 0.8)


def limit(name: str) -> float:
    """How much visitors may have or use: one of `USUAL_LIMITS`, which a variable of the environment replaces.

    Infinity if that is "off", or if it is not set and there is no login.

    Raises
    ------
    InputError
        It is not a number above 0.
    """
    if not _is_on(name):
        return math.inf
    most = _number(name)
    if most is None:
        return USUAL_LIMITS[name] if "auth" in secrets() else math.inf
    if not 0 < most < math.inf:
        raise InputError(f"{name} is {os.environ[name]!r}: set it to a number above 0, or to off.")
    return most


def memory_share() -> float:
    """Share of the RAM that the server and its child processes may take together: EMBEDSCOPE_MEMORY_SHARE, 0.85."""
    return _share("EMBEDSCOPE_MEMORY_SHARE", 0.85)


def models_folder() -> Path | None:
    """The one directory whose folders can be used as models, EMBEDSCOPE_MODELS; None if not set."""
    configured = os.environ.get("EMBEDSCOPE_MODELS")
    return Path(configured) if configured else None


def collections() -> str:
    """The folder or bucket of collections, EMBEDSCOPE_COLLECTIONS: a path, or s3://BUCKET/FOLDER.

    By default `collections` in `cache_folder()`.
    """
    return os.environ.get("EMBEDSCOPE_COLLECTIONS") or str(cache_folder() / "collections")


def cluster() -> str | None:
    """The address of the Ray cluster for work on collections, EMBEDSCOPE_CLUSTER; None if not set."""
    return os.environ.get("EMBEDSCOPE_CLUSTER") or None


def may_download() -> bool:
    """Whether visitors may download models; EMBEDSCOPE_DOWNLOADS=off leaves that to the host's command line."""
    return _is_on("EMBEDSCOPE_DOWNLOADS")


def may_load_test() -> bool:
    """Whether visitors may load-test; EMBEDSCOPE_LOAD_TESTS=off leaves that to the host's command line."""
    return _is_on("EMBEDSCOPE_LOAD_TESTS")


def may_make_collections() -> bool:
    """Whether visitors may create, complete and delete collections; EMBEDSCOPE_MAKE_COLLECTIONS=off prevents it."""
    return _is_on("EMBEDSCOPE_MAKE_COLLECTIONS")


def openai_key() -> str | None:
    """The host's key for OpenAI's API, OPENAI_API_KEY; None if not set."""
    return _setting("OPENAI_API_KEY")


def openai_address() -> str | None:
    """The address to use instead of OpenAI's own, OPENAI_BASE_URL; None if not set."""
    return _setting("OPENAI_BASE_URL")


def has_openai_key() -> bool:
    """Whether the host has given a key for OpenAI's API."""
    return openai_key() is not None


def secrets() -> dict[str, Any]:
    """The contents of secrets.toml, in the user's folder and in the project; the latter wins.

    These are the files that Streamlit reads. One that cannot be read counts as empty: see `secrets_problems`.
    """
    merged: dict[str, Any] = {}
    for values, _, _ in _files():
        merged |= values
    return merged


def secrets_problems() -> tuple[str, ...]:
    """A sentence for each secrets.toml that cannot be read."""
    return tuple(problem for _, problem, _ in _files() if problem)


def may_hide_login() -> bool:
    """Whether a secrets.toml that is not valid TOML seems to configure a login, which is then not in force."""
    return any(problem and has_login for _, problem, has_login in _files())


def _is_on(name: str) -> bool:
    """Whether a switch of the environment is not off."""
    return os.environ.get(name, "").lower() not in {"off", "0", "no", "false"}


def _setting(name: str) -> str | None:
    """A setting from the environment or else from secrets.toml; an empty value switches it off."""
    value = os.environ.get(name, secrets().get(name))
    return value.strip() or None if isinstance(value, str) else None


def _files() -> list[tuple[dict[str, Any], str, bool]]:
    """The contents and problems of each existing secrets.toml, the one with lower precedence first; see `_read`."""
    candidates = {f"~/{SECRETS}": Path.home() / SECRETS, str(SECRETS): PROJECT / SECRETS}
    # os.path, because pathlib raises if the folder is not accessible, like root's home in a container
    paths = [(path, shown) for shown, path in candidates.items() if os.path.isfile(path)]
    return [_read(path, shown, path.stat().st_mtime_ns) for path, shown in paths]


@cache
def _read(path: Path, shown: str, _modified_ns: int) -> tuple[dict[str, Any], str, bool]:
    """The contents, the problem and whether there is a login; read and logged once per modification of the file.

    A problem does not repeat the contents.
    """
    content = b""
    try:
        content = path.read_bytes()
        values = tomllib.loads(content.decode())
        return values, "", "auth" in values
    except OSError:
        problem = f"Cannot open {shown}: check its permissions. Until then, its keys and servers are ignored."
    except ValueError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f": see line {line[1]}" if line else ""
        problem = f"{shown} is not valid TOML{where}. Fix it; until then, its keys and servers are ignored."
    log.warning(problem)
    return {}, problem, LOGIN.search(content) is not None


def _share(name: str, default: float) -> float:
    """A share set through the environment.

    Raises
    ------
    InputError
        It is not a number above 0 and at most 1.
    """
    share = _number(name)
    if share is None:
        return default
    if not 0 < share <= 1:
        raise InputError(f"{name} is {os.environ[name]!r}: set it to a share above 0 and at most 1, such as {default}.")
    return share


def _number(name: str) -> float | None:
    """A number set through the environment, NaN if it is not a number; None if not set."""
    configured = os.environ.get(name)
    if not configured:
        return None
    try:
        return float(configured)
    except ValueError:
        return math.nan
