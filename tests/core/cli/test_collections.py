"""Commands of collections where their library is not installed."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT


def test_nothing_of_it_is_imported_before_a_collection_is_used() -> None:
    script = (
        "import sys; from core import cli, collections; print({'lance', 'pyarrow', 'ray', 'torch'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True).strip() == "set()"


def test_nor_by_the_pages() -> None:
    script = (
        "import sys; from pages.shared import cache, corpora; from pages.parts.search import collected; "
        "print({'lance', 'ray', 'torch'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True).strip() == "set()"


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "texts", "--input", "texts.csv"),
        ("list",),
        ("info", "texts"),
        ("embed", "texts", "--model", "wordllama-256"),
        ("search", "texts", "--model", "wordllama-256", "--query", "a"),
        ("evaluate", "texts", "--models", "wordllama-256", "--queries", "texts.csv", "--qrels", "texts.csv"),
        ("delete", "texts", "--yes"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_without_the_library_a_command_says_what_to_install(
    arguments: tuple[str, ...], command: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "lance", None)
    monkeypatch.setenv("EMBEDSCOPE_COLLECTIONS", str(tmp_path / "collections"))
    monkeypatch.chdir(tmp_path)
    Path("texts.csv").write_text("id,text\na,b\n")
    sentence = "Collections need one more library: pip install -r requirements-scale.txt\n"
    assert command("collection", *arguments) == (1, "", sentence)
    assert not (tmp_path / "collections").exists()
