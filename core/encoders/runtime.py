"""OpenVINO as a library: imported without its telemetry and without torch; and what it can compute on this CPU."""

import sys
from functools import cache

# OpenVINO reports every conversion to Google Analytics, from a fork of this process. A dashboard must do neither; if
# its telemetry cannot be imported, it uses a stub of its own.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
import openvino  # noqa: E402

__all__ = ["computes_bfloat16", "openvino"]


@cache
def computes_bfloat16() -> bool:
    """Whether this CPU computes in bfloat16; others emulate it thirty times as slowly, or run float32 unasked."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
