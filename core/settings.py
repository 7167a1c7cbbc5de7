"""Where Embedscope keeps its files, and what the host may set through the environment."""

import os
from pathlib import Path

DATA = Path(__file__).parent / "data"


def cache_folder() -> Path:
    """Folder for vectors and benchmark runs: EMBEDSCOPE_HOME, or `embedscope` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("EMBEDSCOPE_HOME") or Path(base) / "embedscope")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def models_folder() -> Path | None:
    """The one directory whose folders can be used as models, EMBEDSCOPE_MODELS; None where the host has set none."""
    configured = os.environ.get("EMBEDSCOPE_MODELS")
    return Path(configured) if configured else None


def is_offline() -> bool:
    """Whether the host has switched the model hub off (HF_HUB_OFFLINE=1)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def has_openai_key() -> bool:
    """Whether the host has given a key for OpenAI's API; the key itself is read only by the client."""
    return bool(os.environ.get("OPENAI_API_KEY"))
