"""Recorded kernels for short inputs on a GPU; imported when it is needed, since it brings torch.

For a short text a GPU spends most of its time waiting to be told the next kernel. A CUDA graph tells it all at once. A
graph has fixed shapes, so inputs are padded to a few; what is longer, or cannot be recorded, is computed as usual.
"""

import copy
import logging
import threading
from collections.abc import Callable
from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutput

TEXTS = (1, 2, 4, 8, 16, 32)
TOKENS = (8, 16, 32, 64, 128)
MOST_TOKENS = 2048
WARM_UP_CALLS = 3

Features = dict[str, torch.Tensor]
Replay = Callable[[Features], torch.Tensor]

RECORDING = threading.Lock()  # only one recording may be under way in a process

log = logging.getLogger(__name__)


class GraphedModule(torch.nn.Module):
    """A transformer that replays recordings of itself; for one thread at a time.

    Whatever precision it computes in, its token vectors are float32, as the modules after it expect them.
    """

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module
        self.config = module.config
        self._padding = module.config.pad_token_id or 0
        self._replays: dict[tuple[int, int], Replay] = {}
        self._pool: Any = None
        self._can_record = True

    def forward(self, **features: Any) -> BaseModelOutput:
        """Token vectors, (n, t, d) float32, as the module itself gives them."""
        tensors = {name: value for name, value in features.items() if torch.is_tensor(value) and value.ndim == 2}
        vectors = self._replay(tensors)
        if vectors is None:
            vectors = self.module(**features)[0]
        return BaseModelOutput(last_hidden_state=vectors.float())

    def _replay(self, features: Features) -> torch.Tensor | None:
        """The vectors by a recording, made if there is none; None where the input or the network has none."""
        texts, tokens = features["input_ids"].shape
        shape = padded_shape(texts, tokens)
        if shape is None or not self._can_record:
            return None
        padded = pad(features, shape, self._padding)
        try:
            replay = self._replays.get(shape) or self._record(shape, padded)
        except torch.OutOfMemoryError:
            self._replays.clear()  # each holds memory of its own, which the usual way may need
            return None
        except RuntimeError as error:  # some networks read a number back from the GPU, which no graph can hold
            log.warning("Could not record %s as a CUDA graph: %s", type(self.module).__name__, error)
            self._can_record = False
            return None
        return replay(padded)[:texts, :tokens].clone()

    def _record(self, shape: tuple[int, int], example: Features) -> Replay:
        with RECORDING:
            if self._pool is None and torch.cuda.is_available():
                self._pool = torch.cuda.graph_pool_handle()  # its recordings share memory: they run one after another
            self._replays[shape] = record(self.module, example, self._pool)
        return self._replays[shape]


def half(module: Any, precision: str) -> Any:
    """A copy of a module with its parameters in "float16" or "bfloat16".

    Its buffers stay as they are: in half precision the frequencies of rotary positions would drift with the length.
    """
    dtype = getattr(torch, precision)
    halves = {id(weights): torch.nn.Parameter(weights.detach().to(dtype), False) for weights in module.parameters()}
    return copy.deepcopy(module, halves)


def free_cache() -> None:
    """Give unused memory back to the GPU; not while a recording is made, which that would break."""
    with RECORDING:
        torch.cuda.empty_cache()


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


def record(module: Any, example: Features, pool: Any) -> Replay:
    """Record the module's kernels for the example's shape; what comes back replays them on other features.

    The current stream is set once more around it all: a recording that fails would leave its own stream behind.
    """
    with torch.cuda.stream(torch.cuda.current_stream()):
        inputs = {name: values.clone() for name, values in example.items()}
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_CALLS):
                module(**inputs)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
            vectors: torch.Tensor = module(**inputs)[0]

    def replay(features: Features) -> torch.Tensor:
        for name, values in features.items():
            inputs[name].copy_(values)
        graph.replay()
        return vectors

    return replay
