"""Plain sentence-transformers, timed beside the engines; imported only when needed, because it loads torch.

This is what `SentenceTransformer(name).encode(texts)` gives.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from sentence_transformers.util import batch_to_device

from core.benchmark.timing import Weights
from core.devices import DEVICE
from core.encoders.assembly import resolve_device
from core.encoders.checkpoint import counting_tokenizer, load_model
from core.encoders.random_weights import REVISION, assemble
from core.errors import DeviceError
from core.models import ModelSpec, revisions
from core.models.files import locate


class Library:
    """A SentenceTransformer with its defaults: torch in float32, batches of 32.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError
    """

    engine = "library"
    precision = "float32"

    def __init__(self, spec: ModelSpec, device: str, precision: str = "auto", weights: Weights = "own") -> None:
        if precision not in ("auto", self.precision):
            raise DeviceError(
                f"sentence-transformers uses {self.precision} by default, not {precision}: choose precision auto."
            )
        self.device = resolve_device(device)
        if DEVICE[self.device].torch != self.device:
            raise DeviceError(f"sentence-transformers does not compute on {self.device}: choose device cpu.")
        if weights == "random":
            self.revision, self._model = REVISION, assemble(spec, self.device, self.precision)
        else:
            folder = locate(spec)
            self.revision = revisions.of(spec, folder)
            self._model = load_model(spec, folder, self.device, self.precision)
        self.max_tokens = None if spec.is_static else self._model.max_seq_length
        self._counter = counting_tokenizer(self._model)
        self._is_static = spec.is_static

    def encode(self, texts: Sequence[str]) -> Any:
        """Texts in, vectors out, as the library does it."""
        return self._model.encode(list(texts), show_progress_bar=False)

    def prepare_forward(self, texts: Sequence[str]) -> Callable[[], object]:
        """The forward pass alone of these texts, in one batch."""
        features = batch_to_device(dict(self._model.preprocess(list(texts))), self._model.device)

        def forward() -> object:
            with torch.inference_mode():
                return self._model(dict(features))

        return forward

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included."""
        encodings = self._counter.encode_batch(list(texts), add_special_tokens=not self._is_static)
        return [len(encoding.ids) for encoding in encodings]
