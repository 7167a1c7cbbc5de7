"""OpenVINO in place of a transformer's torch module, on the CPU; imported only when needed, because it loads torch.

`openvino.convert_model` traces the loaded module; the result replaces it in the SentenceTransformer, so that
prompts, truncation, pooling, normalisation and Matryoshka dimensions stay sentence-transformers' own.
"""

import logging
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutput

from core.devices import DEVICE
from core.encoders.networks import recall_or_convert
from core.encoders.quantization import CALIBRATION_VERSION, quantize
from core.encoders.runtime import HINT, executed_precision, openvino
from core.errors import DeviceError

TRACING = threading.Lock()  # warning filters and the tracer are global to the process: one model at a time
FINITE = "sdpa_with_finite_masks"
REFUSALS = (
    RuntimeError,
    openvino.frontend.GeneralFailure,
    openvino.frontend.InitializationFailure,
    openvino.frontend.NotImplementedFailure,
    openvino.frontend.OpConversionFailure,
    openvino.frontend.OpValidationFailure,
)
HINTS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16", "int8": "f32"}  # what is not int8 stays in float32


class OpenVINOModule(torch.nn.Module):
    """A compiled network called like the torch module it was made from; not thread-safe.

    `weights` is its number of trained parameters, `precision` the one that OpenVINO executes, `device_name` where.
    """

    def __init__(
        self, config: Any, names: tuple[str, ...], compiled: Any, weights: int, device_name: str = "cpu"
    ) -> None:
        super().__init__()
        self.config = config
        self.names = names
        self.weights = weights
        self.device_name = device_name
        self.precision = executed_precision(compiled)
        self._request = compiled.create_infer_request()

    def forward(self, **features: Any) -> BaseModelOutput:
        """Token vectors, (n, t, d) float32, for the same kind of features as the module was converted with."""
        inputs = [features[name].numpy() for name in self.names]
        (vectors,) = self._request.infer(inputs, share_inputs=True).values()
        return BaseModelOutput(last_hidden_state=torch.from_numpy(vectors))


class _Traced(torch.nn.Module):
    """The module in the form that the tracer needs: positional tensors in, one tensor out."""

    def __init__(self, module: Any, names: tuple[str, ...]) -> None:
        super().__init__()
        self.module = module
        self.names = names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.module(**dict(zip(self.names, inputs, strict=True)))[0]
        return vectors


@contextmanager
def _finite_masks(module: Any) -> Iterator[None]:
    """Make the module mask attention with the least finite number while it is traced.

    If padding or a local window leaves a token nothing to attend to, the softmax over minus infinities is NaN in
    OpenVINO, and the next layer spreads it; in torch it is zero.
    """
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(FINITE, sdpa_attention_forward)
    AttentionMaskInterface.register(FINITE, eager_mask)
    usual = module.config._attn_implementation
    module.set_attn_implementation(FINITE)
    try:
        yield
    finally:
        module.set_attn_implementation(usual)


@contextmanager
def _same_logging() -> Iterator[None]:
    """Preserve the root logger: a conversion silences warnings, and a failed one would do so for good."""
    root = logging.getLogger()
    level, filters, handlers = root.level, root.filters[:], root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.filters[:], root.handlers[:] = filters, handlers


class Converted:
    """A torch module converted to OpenVINO, ready to be compiled for a precision."""

    def __init__(
        self,
        module: Any,
        features: dict[str, torch.Tensor],
        made_from: tuple[object, ...] = (),
        calibration: Callable[[], Iterable[dict[str, torch.Tensor]]] | None = None,
    ) -> None:
        """Trace the module, or read what tracing it gave before.

        Parameters
        ----------
        module : transformers.PreTrainedModel
            In float32, on the CPU.
        features : dict of str to (n, t) integer tensors
            Example inputs; later calls may have other numbers of texts and tokens.
        made_from : tuple, optional
            What tells the module's weights from all others, such as the id and revision of its model. Without it,
            the network is neither read from disk nor stored there.
        calibration : callable, optional
            The features of typical texts, one at a time; needed for int8.

        Raises
        ------
        DeviceError
            OpenVINO cannot convert this module.
        """
        self._module_name = type(module).__name__
        self._config = module.config
        self._names = tuple(features)
        self._weights = sum(weight.numel() for weight in module.parameters())
        self._made_from = made_from and (*made_from, self._module_name, self._names)
        self._calibration = calibration
        self._network = self._recall_or_make((), lambda: self._trace(module, features))

    def _recall_or_make(self, parts: tuple[object, ...], make: Callable[[], openvino.Model]) -> openvino.Model:
        return recall_or_convert((*self._made_from, *parts), make) if self._made_from else make()

    def _quantized(self) -> openvino.Model:
        calibration = self._calibration
        assert calibration, "int8 needs texts to calibrate it"
        return self._recall_or_make(
            ("int8", CALIBRATION_VERSION),
            lambda: quantize(
                self._network, ([features[name].numpy() for name in self._names] for features in calibration())
            ),
        )

    def _trace(self, module: Any, features: dict[str, torch.Tensor]) -> openvino.Model:
        try:
            with TRACING, warnings.catch_warnings(), _same_logging(), torch.inference_mode(), _finite_masks(module):
                warnings.simplefilter("ignore")  # the tracer's warnings about branches that it treats as constant
                traced = _Traced(module, self._names)
                return openvino.convert_model(traced, example_input=tuple(features.values()))
        except REFUSALS as error:
            raise self._refusal(error) from None

    def compile(self, precision: str, device: str = "cpu") -> OpenVINOModule:
        """Compile the module for a precision, with torch's number of threads; its output is float32.

        The precision is a wish: what is executed is the result's own `precision`.

        Raises
        ------
        DeviceError
            OpenVINO cannot compile it for this CPU.
        """
        where = DEVICE[device].openvino
        hints: dict[str, Any] = {HINT: HINTS[precision], "PERFORMANCE_HINT": "LATENCY"}
        if where == "CPU":
            hints["INFERENCE_NUM_THREADS"] = torch.get_num_threads()
        try:
            network = self._quantized() if precision == "int8" else self._network
            compiled = openvino.Core().compile_model(network, where, hints)
        except REFUSALS as error:
            raise self._refusal(error) from None
        return OpenVINOModule(self._config, self._names, compiled, self._weights, device)

    def _refusal(self, error: Exception) -> DeviceError:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = next((line for line in lines if not line.endswith(":")), "")  # the others are places in its source
        return DeviceError(f"OpenVINO cannot compute a {self._module_name} ({reason}).")
