"""Models behind servers that speak OpenAI's API, as the host has named them in secrets.toml."""

from core.models.spec import ModelSpec


def configured() -> tuple[ModelSpec, ...]:
    """The host's servers, one model each."""
    return ()
