"""A SentenceTransformer from a model's files; nothing is downloaded, and no code from a model is run."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.devices import limit_threads
from core.encoders.agreement import make_agree
from core.errors import ModelUnavailableError
from core.models import ModelSpec

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def load_model(spec: ModelSpec, folder: Path, device: str, precision: str) -> "SentenceTransformer":
    """The model on the device, its weights in the precision ("float32", "float16" or "bfloat16").

    Raises
    ------
    ModelUnavailableError
        The files are not those of a model that sentence-transformers can load, or ask for what can't be done.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    limit_threads()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    if spec.bundled and spec.is_static:
        return _load_static(spec, folder, device)
    try:
        model = SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": precision, "use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ModelUnavailableError(f"{spec.name} could not be loaded: {reason}") from error
    make_agree(spec, model, folder)
    return model


def counting_tokenizer(model: "SentenceTransformer") -> Any:
    """A copy of the model's tokenizer that neither truncates nor pads and is never changed again."""
    from tokenizers import Tokenizer

    original: Any = model.tokenizer
    copy = Tokenizer.from_str(getattr(original, "backend_tokenizer", original).to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _load_static(spec: ModelSpec, folder: Path, device: str) -> "SentenceTransformer":
    """A static model from its two data files: a table of token vectors and a tokenizer."""
    from safetensors.numpy import load_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    assert spec.bundled
    weights, tokenizer = spec.bundled.sha256
    (table,) = load_file(folder / weights).values()
    static = StaticEmbedding(Tokenizer.from_file(str(folder / tokenizer)), embedding_weights=table.astype(np.float32))
    return SentenceTransformer(modules=[static], device=device)
