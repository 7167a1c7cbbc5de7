"""What is loaded before anybody asks: it is in nobody's way, and its failure is a line in the log."""

import subprocess
import sys

import pytest

from core.errors import ModelUnavailableError
from pages.shared import cache
from tests.conftest import ROOT

ENDING = """
import threading, time
from core import encoders
from pages.shared import cache

began = threading.Event()

def load(*_arguments, **_options):  # Python refuses late imports of this kind once it has begun to end
    began.set()
    time.sleep(1)
    import concurrent.futures.process

encoders.load = load
threading.Thread(target=cache._prepare, daemon=True).start()
assert began.wait(60)
threading.Thread(target=time.sleep, args=(3,)).start()  # as a server's own threads linger
"""


def test_a_process_that_ends_while_it_warms_up_ends_without_an_error() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDING], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("error", [ModelUnavailableError("It is not here."), RuntimeError("A library failed.")])
def test_what_cannot_be_warmed_up_is_a_line_in_the_log(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr("core.embedding.encoder", fail)
    cache._prepare()
    assert f"Not warmed up: {error}" in caplog.text


def test_what_explain_embed_and_evaluate_need_for_their_first_chart_does_not_import_pandas() -> None:
    code = (
        "import sys; from pages.shared import cache, frame; from pages.parts.explain import answer, table, tokens;"
        "from pages.parts.embed import answer, numbers; from core.charts import similarity, vectors;"
        "from pages.parts.evaluate import compression, disagreement, pairs, ranking;"
        "print({'pandas', 'scipy', 'torch'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
