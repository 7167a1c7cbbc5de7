"""The container's files, taken from the Containerfile: they are enough for the dashboard, which writes none of them."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.e2e.conftest import running_server
from tests.visitor import look_at

CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
PAGES = ("evaluate", "verdict")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with what the Containerfile copies."""
    folder = tmp_path / "app"
    for line in re.findall(r"^COPY (.*)$", CONTAINERFILE, re.MULTILINE):
        *sources, target = [word for word in shlex.split(line) if not word.startswith("--")]
        for source in sources:
            goal = folder / target / source if target.endswith("/") else folder / target
            goal.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, goal)
    return folder


def test_the_copied_files_are_enough_and_stay_as_they_are(root: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    settings = {"PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    with running_server(tmp_path / "home", root / "hosted.py", settings) as address:
        for page in PAGES:
            seen = look_at(address, page)
            assert seen.errors == []
            assert any('class="answer"' in text for text in seen.texts)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_the_space_listens_where_the_container_does() -> None:
    front_matter = yaml.safe_load((ROOT / "deploy" / "space.md").read_text(encoding="utf-8").split("---")[1])
    assert front_matter["sdk"] == "docker"
    assert [str(front_matter["app_port"])] == re.findall(r"^EXPOSE (\d+)$", CONTAINERFILE, re.MULTILINE)
