"""Encoders: a model of the catalogue, made ready to turn texts into vectors."""

from core.encoders.base import (
    DEVICES,
    ENGINES,
    PRECISIONS,
    Encoder,
    Kind,
    Trace,
    Traceable,
    Vectors,
    require_offered,
)
from core.errors import DeviceError
from core.models import ModelSpec
from core.progress import Progress, silent

__all__ = ["DEVICES", "ENGINES", "PRECISIONS", "Encoder", "Kind", "Trace", "Traceable", "Vectors", "load"]


def load(
    spec: ModelSpec,
    *,
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    dimensions: int | None = None,
    on_progress: Progress = silent,
) -> Encoder:
    """Make a model ready.

    Parameters
    ----------
    device : "auto" or one of DEVICES
        "auto" takes the CUDA GPU where torch can use one, else the CPU. A model behind an API runs where the API runs.
    engine : "auto" or one of ENGINES
        "torch" or "openvino" (on the CPU) for networks, "static" for tables of token vectors, "openai" for models
        behind an API. Models that OpenVINO cannot convert run on torch, and the encoder's `reason` says so.
    precision : "auto", "float32", "float16", "bfloat16" or "int8"
        "auto" engines and precisions are measured, once for each model and machine; the fastest whose vectors stay
        within cosine 0.999 of float32 is used. "int8" is never chosen by itself; the encoder's `reason` says what it
        gains and costs.
    dimensions : int, optional
        Truncate to the first dimensions, for models trained for it (Matryoshka), or through the API; by default to
        those of the spec.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError, InputError
    """
    dimensions = spec.truncate_dim if dimensions is None else dimensions
    require_offered("device", device, DEVICES)
    require_offered("engine", engine, ENGINES)
    require_offered("precision", precision, PRECISIONS)
    kinds = ("openai",) if spec.provider == "openai" else ("static",) if spec.is_static else ("torch", "openvino")
    if engine not in ("auto", *kinds) and not (spec.dimensions is None and engine == "static"):
        raise DeviceError(f"{spec.name} runs on {' or '.join(kinds)}, not on {engine}.")
    if spec.provider == "openai":
        from core.encoders.api import RemoteEncoder

        return RemoteEncoder(spec, dimensions)
    from core.encoders.assembly import load_local

    return load_local(spec, device, engine, precision, dimensions, on_progress)
