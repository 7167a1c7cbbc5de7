"""Models in the host's models directory; nothing outside it can be named."""

from core.models.spec import ModelSpec
from core.settings import models_folder


def list_models() -> tuple[ModelSpec, ...]:
    """The models in the directory: each direct subfolder with a sentence-transformers model."""
    root = models_folder()
    if root is None or not root.is_dir():
        return ()
    base = root.resolve()
    inside = (path for path in sorted(root.iterdir()) if path.resolve().is_relative_to(base))
    return tuple(_spec(path.name) for path in inside if (path / "modules.json").is_file())


def _spec(name: str) -> ModelSpec:
    return ModelSpec(
        name=f"folder:{name}", id=f"folder:{name}", provider="folder", dimensions=None, organisation="this machine"
    )
