"""Encoders: a model of the catalogue, made ready to turn texts into vectors."""

from core.encoders.base import Encoder, Kind, Trace, Traceable, Vectors
from core.errors import DeviceError
from core.models import ModelSpec

DEVICES = ("auto", "cpu", "cuda")
ENGINES = ("auto", "torch", "static", "openai")
PRECISIONS = ("auto", "float32", "float16", "bfloat16")

__all__ = ["DEVICES", "ENGINES", "PRECISIONS", "Encoder", "Kind", "Trace", "Traceable", "Vectors", "load"]


def load(spec: ModelSpec, *, device: str = "auto", engine: str = "auto", precision: str = "auto") -> Encoder:
    """Make a model ready.

    Parameters
    ----------
    device : "auto", "cpu" or "cuda"
        "auto" takes the GPU where torch can use one. A model behind an API is computed where the API is.
    engine : "auto" or one of ENGINES
        What computes the vectors. A model has one engine so far: "static" for tables of token vectors, "openai" for
        models behind the API, "torch" for the rest.
    precision : "auto", "float32", "float16" or "bfloat16"
        "auto" is float32.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError
    """
    from core.encoders.local import LocalEncoder
    from core.encoders.remote import RemoteEncoder

    for kind, value, choices in (("device", device, DEVICES), ("precision", precision, PRECISIONS)):
        if value not in choices:
            raise DeviceError(f"There is no {kind} {value!r}: choose {', '.join(choices)}.")
    natural = "openai" if spec.provider == "openai" else "static" if spec.is_static else "torch"
    if engine not in ("auto", natural):
        raise DeviceError(f"{spec.name} runs on the engine {natural!r}, not on {engine!r}.")
    return RemoteEncoder(spec) if natural == "openai" else LocalEncoder(spec, device, precision)
