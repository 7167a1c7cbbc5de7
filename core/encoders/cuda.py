"""Recorded kernels for short inputs on a GPU; imported when it is needed, since it brings torch.

For a short text a GPU spends most of its time waiting to be told the next kernel. A CUDA graph tells it all at once. A
graph has fixed shapes, so inputs are padded to a few; what is longer, or cannot be recorded, is computed as usual.
"""

import logging
from collections.abc import Callable
from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutput

TEXTS = (1, 2, 4, 8, 16, 32)
TOKENS = (8, 16, 32, 64, 128)
MOST_TOKENS = 2048
WARM_UP_CALLS = 3

Features = dict[str, torch.Tensor]

log = logging.getLogger(__name__)


class GraphedModule(torch.nn.Module):
    """A transformer that replays recordings of itself; for one thread at a time."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module
        self.config = module.config
        self._padding = module.config.pad_token_id or 0
        self._replays: dict[tuple[int, int], Callable[[Features], torch.Tensor]] = {}
        self._can_record = True

    def forward(self, **features: Any) -> Any:
        """Token vectors, (n, t, d), as the module itself gives them."""
        tensors = {name: value for name, value in features.items() if torch.is_tensor(value) and value.ndim == 2}
        texts, tokens = tensors["input_ids"].shape
        shape = padded_shape(texts, tokens)
        if shape is None or not self._can_record:
            return self.module(**features)
        try:
            replay = self._replays.get(shape) or self._record(shape, tensors)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # some networks read a number back from the GPU, which no graph can hold
            log.warning("%s is not recorded as a CUDA graph: %s", type(self.module).__name__, error)
            self._can_record = False
            return self.module(**features)
        vectors = replay(pad(tensors, shape, self._padding))[:texts, :tokens]
        return BaseModelOutput(last_hidden_state=vectors.clone())

    def _record(self, shape: tuple[int, int], features: Features) -> Callable[[Features], torch.Tensor]:
        self._replays[shape] = record(self.module, pad(features, shape, self._padding))
        return self._replays[shape]


def padded_shape(texts: int, tokens: int) -> tuple[int, int] | None:
    """The smallest recorded shape that holds so many texts of so many tokens; None where they are too many."""
    rows = next((size for size in TEXTS if size >= texts), None)
    columns = next((size for size in TOKENS if size >= tokens), None)
    return (rows, columns) if rows and columns and rows * columns <= MOST_TOKENS else None


def pad(features: Features, shape: tuple[int, int], padding: int) -> Features:
    """The features brought to a shape: tokens that no mask lets through, and texts that nobody reads.

    `padding` is the id of the padding's token: MPNet and XLM-R give a position to each token that is another, and have
    only so many positions.
    """
    rows, columns = shape
    padded = {}
    for name, values in features.items():
        texts, tokens = values.shape
        filling = padding if name == "input_ids" else 0
        padded[name] = torch.nn.functional.pad(values, (0, columns - tokens, 0, rows - texts), value=filling)
    padded["attention_mask"][features["attention_mask"].shape[0] :, 0] = 1  # a text of no token has no softmax
    return padded


def record(module: Any, example: Features) -> Callable[[Features], torch.Tensor]:
    """Record the module's kernels for the example's shape; what comes back replays them on other features."""
    inputs = {name: values.clone() for name, values in example.items()}
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UP_CALLS):
            module(**inputs)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        vectors: torch.Tensor = module(**inputs)[0]

    def replay(features: Features) -> torch.Tensor:
        for name, values in features.items():
            inputs[name].copy_(values)
        graph.replay()
        return vectors

    return replay
