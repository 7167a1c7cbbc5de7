"""Models in the host's models directory; nothing outside it can be named."""

from pathlib import Path

from core.models import layout
from core.models.spec import ModelSpec
from core.settings import models_folder


def list_models() -> tuple[ModelSpec, ...]:
    """The models in the directory: each direct subfolder with a sentence-transformers model."""
    root = models_folder()
    if root is None or not root.is_dir():
        return ()
    base = root.resolve()
    inside = (path for path in sorted(root.iterdir()) if path.resolve().is_relative_to(base))
    return tuple(_spec(path) for path in inside if (path / "modules.json").is_file())


def _spec(path: Path) -> ModelSpec:
    name = f"folder:{path.name}"
    query_prompt, document_prompt = layout.prompts(path)
    return ModelSpec(
        name=name,
        id=name,
        provider="folder",
        dimensions=None,
        organisation="this machine",
        query_prompt=query_prompt,
        document_prompt=document_prompt,
        similarity=layout.similarity(path),
        matryoshka=layout.matryoshka(path),
    )
