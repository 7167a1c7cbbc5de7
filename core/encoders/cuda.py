"""Recorded kernels for short inputs on a GPU; imported only when needed, because it loads torch.

For a short text a GPU spends most of its time waiting for the next kernel. A CUDA graph launches them all at once. A
graph has a fixed shape, so inputs are padded to a few shapes; longer or unrecordable ones are computed as usual.
"""

import copy
import logging
from collections.abc import Callable
from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutput

from core.devices import RECORDING

TEXTS = (1, 2, 4, 8, 16, 32)
TOKENS = (8, 16, 32, 64, 128)
MOST_TOKENS = 2048
WARM_UP_CALLS = 3

Features = dict[str, torch.Tensor]
Replay = Callable[[Features], torch.Tensor]

log = logging.getLogger(__name__)


class GraphedModule(torch.nn.Module):
    """A transformer that replays recordings of itself; not thread-safe.

    Where a device can't record, it computes as usual. Its token vectors are float32 in any precision, as the following
    modules expect.
    """

    def __init__(self, module: Any, *, can_record: bool = True) -> None:
        super().__init__()
        self.module = module
        self.config = module.config
        self._padding = module.config.pad_token_id or 0
        self._replays: dict[tuple[int, int], Replay] = {}
        self._pool: Any = None
        self._can_record = can_record

    def forward(self, **features: Any) -> BaseModelOutput:
        """Token vectors, (n, t, d) float32, as the module itself gives them."""
        tensors = {name: value for name, value in features.items() if torch.is_tensor(value) and value.ndim == 2}
        vectors = self._replay(tensors)
        if vectors is None:
            vectors = self.module(**features)[0]
        return BaseModelOutput(last_hidden_state=vectors.float())

    def _replay(self, features: Features) -> torch.Tensor | None:
        """The vectors by a recording, made if needed; None if the input or the network cannot have one."""
        texts, tokens = features["input_ids"].shape
        shape = padded_shape(texts, tokens)
        if shape is None or not self._can_record:
            return None
        padded = pad(features, shape, self._padding)
        try:
            replay = self._replays.get(shape) or self._record(shape, padded)
        except torch.OutOfMemoryError:
            self._replays.clear()  # each holds memory that the normal computation may need
            return None
        except RuntimeError as error:  # some networks read a number back from the GPU, which a graph cannot record
            log.warning("Could not record %s as a CUDA graph: %s", type(self.module).__name__, error)
            self._can_record = False
            return None
        return replay(padded)[:texts, :tokens].clone()

    def _record(self, shape: tuple[int, int], example: Features) -> Replay:
        with RECORDING:
            if self._pool is None and torch.cuda.is_available():
                self._pool = torch.cuda.graph_pool_handle()  # its recordings share memory: they run one at a time
            self._replays[shape] = record(self.module, example, self._pool)
        return self._replays[shape]


def half(module: Any, precision: str) -> Any:
    """A copy of a module with its parameters in "float16" or "bfloat16".

    Its buffers are unchanged: in half precision, rotary position frequencies would drift with length.
    """
    dtype = getattr(torch, precision)
    halves = {id(weights): torch.nn.Parameter(weights.detach().to(dtype), False) for weights in module.parameters()}
    return copy.deepcopy(module, halves)


def padded_shape(texts: int, tokens: int) -> tuple[int, int] | None:
    """The smallest recorded shape for a number of texts and tokens; None if there are too many."""
    rows = next((size for size in TEXTS if size >= texts), None)
    columns = next((size for size in TOKENS if size >= tokens), None)
    return (rows, columns) if rows and columns and rows * columns <= MOST_TOKENS else None


def pad(features: Features, shape: tuple[int, int], padding: int) -> Features:
    """Pad the features to a shape with masked tokens and unused texts.

    `padding` is the padding token's id: MPNet and XLM-R give a position to every other token, and have a limited number
    of positions.
    """
    rows, columns = shape
    padded = {}
    for name, values in features.items():
        texts, tokens = values.shape
        filling = padding if name == "input_ids" else 0
        padded[name] = torch.nn.functional.pad(values, (0, columns - tokens, 0, rows - texts), value=filling)
    padded["attention_mask"][features["attention_mask"].shape[0] :, 0] = 1  # a text without tokens has no softmax
    return padded


def record(module: Any, example: Features, pool: Any) -> Replay:
    """Record the module's kernels for the example's shape; the returned function replays them on other features.

    The current stream is set again around it: a failed recording would leave its own stream set.
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
