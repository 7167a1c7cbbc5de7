"""Apple's embedding-atlas: from its command to its page.

Its map needs WebGPU with 16-bit floats in shaders, which software-drawn Chromium lacks. So the time ends when its page
has counted the points and listed the texts, before anything of the map is drawn: a moment that is in its favour.
"""

import tempfile
import time
from pathlib import Path

from tests.benchmarks.peers.chromium import fresh_page
from tests.benchmarks.peers.server import answering, free_port

REQUIREMENTS = ("torch==2.13.0", "embedding-atlas==0.26.0")
PACKAGES = ("embedding-atlas", "umap-learn", "sentence-transformers", "torch", "numba")
UMAP = "15 neighbours by pynndescent, cosine, min_dist 0.1, umap-learn's epochs, no seed (as embedding-atlas sets it)"


def seconds_to_page(commands: Path, file: Path, points: int, model: Path) -> dict[str, float]:
    """Seconds from starting the command on a CSV, with an empty cache, until the server answers and the page is up."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [commands / "embedding-atlas", file, "--text", "text", "--model", model]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-auto-port"]
    with tempfile.TemporaryDirectory() as cache, fresh_page() as page:
        started = time.perf_counter()
        with answering(command, address, {"XDG_CACHE_HOME": cache, "HF_HUB_OFFLINE": "1"}):
            answered = time.perf_counter() - started
            page.goto(address)
            page.wait_for_selector(f"text={points:,} / {points:,} points")
            page.wait_for_selector("text=projection_x >> visible=true")
            return {"answers": answered, "page": time.perf_counter() - started}
