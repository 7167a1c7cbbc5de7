"""OpenVINO as a library: imported without its telemetry and without torch; what it can compute, and what it does."""

import sys
from collections import Counter
from functools import cache
from typing import Any

# OpenVINO reports every conversion to Google Analytics, from a fork of this process. A dashboard must do neither; if
# its telemetry cannot be imported, it uses a stub of its own.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
import openvino  # noqa: E402

__all__ = ["capabilities", "computes_bfloat16", "executed_precision", "openvino"]

HINT = "INFERENCE_PRECISION_HINT"
PRECISIONS = {"f32": "float32", "bf16": "bfloat16", "f16": "float16", "i8": "int8", "u8": "int8"}
MATRIX_PRODUCTS = frozenset({"FullyConnected", "MatMul"})  # layers in which nearly all the time goes


@cache
def capabilities(device: str = "CPU") -> frozenset[str]:
    """What OpenVINO computes natively on a device, in its own words: "FP32", "BF16", "INT8" ..."""
    return frozenset(openvino.Core().get_property(device, "OPTIMIZATION_CAPABILITIES"))


def computes_bfloat16() -> bool:
    """Whether this CPU computes in bfloat16; others emulate it thirty times as slowly, or run float32 unasked."""
    return "BF16" in capabilities()


def executed_precision(compiled: Any) -> str:
    """The precision in which a compiled network multiplies matrices, whatever was asked for.

    It is that of most of the layers that OpenVINO says it executes; the hint of the compiled network is what counts
    where it names none of them.
    """
    infos = [operation.get_rt_info() for operation in compiled.get_runtime_model().get_ops()]
    found = Counter(str(info["runtimePrecision"].value) for info in infos if _is_matrix_product(info))
    if found:
        ((precision, _),) = found.most_common(1)
    else:
        precision = compiled.get_property(HINT).get_type_name()
    return PRECISIONS.get(precision, precision)


def _is_matrix_product(info: Any) -> bool:
    return "layerType" in info and str(info["layerType"].value) in MATRIX_PRODUCTS
