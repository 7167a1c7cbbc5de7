"""The documents say what is there: their paths, commands, settings, counts and versions."""

import doctest
import hashlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from core.cli import app
from core.models import catalogue, listed
from pages.shared import navigation
from tests.conftest import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), ROOT / "NOTICE", *(ROOT / "docs").glob("*.md")])
PATH = re.compile(r"(?<![\w./-])(?:core|pages|tests|docs|\.ci|\.streamlit|\.github)/[\w./-]*\w/?")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
WRITTEN_BY_THE_HOST = ".streamlit/secrets.toml"
PLACEHOLDER = "NAME"
APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"  # of apache.org's LICENSE-2.0.txt

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands_of(document: Path, module: str) -> Iterator[list[str]]:
    """The arguments of each `python -m MODULE ...` in a document's code."""
    text = document.read_text(encoding="utf-8")
    lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
    spans = [" ".join(span.split()) for span in INLINE.findall(FENCED.sub("", text))]
    for code in [*lines, *spans]:
        found = re.search(rf"python -m {module}(?= |$)(.*)", code)
        if found:
            yield shlex.split(found[1], comments=True)


def test_the_readme_is_read_in_minutes():
    assert len(text_of("README.md").splitlines()) <= 110


def test_the_readme_lists_every_page_as_the_dashboard_does():
    table = text_of("README.md").partition("## The pages")[2].partition("\n## ")[0]
    assert re.findall(r"^\| (\w+) \|", table, re.MULTILINE)[1:] == [title for title, _ in navigation.PAGES.values()]


def test_the_readme_counts_the_models_that_can_be_picked():
    assert f"{len(catalogue()) + len(listed())} models" in text_of("README.md")


@each_document
def test_every_path_that_is_named_is_there(document):
    named = {path for path in PATH.findall(document.read_text(encoding="utf-8")) if PLACEHOLDER not in path}
    assert [path for path in sorted(named - {WRITTEN_BY_THE_HOST}) if not (ROOT / path).exists()] == []


@each_document
def test_every_link_leads_somewhere(document):
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@each_document
def test_every_command_that_is_shown_is_one(document):
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for arguments in commands_of(document, "core"):
        name, *options = [each for each in arguments if each != "--help"] or ["models"]
        command = group.commands[name]
        if options:  # a command that is only named has none
            command.make_context(name, options)  # raises where an option or a value is wrong


@each_document
def test_every_benchmark_that_is_shown_is_there_and_takes_its_options(document):
    for module in re.findall(r"python -m (tests\.benchmarks\.\w+)", document.read_text(encoding="utf-8")):
        source = text_of(f"{module.replace('.', '/')}.py")
        options = [each for arguments in commands_of(document, module) for each in arguments if each.startswith("--")]
        assert [option for option in options if f'"{option}"' not in source] == []


def test_every_setting_is_documented_and_every_documented_one_exists():
    variables = r"\b(?:EMBEDSCOPE|OPENAI)_[A-Z_]+\b"
    documented = set(re.findall(rf"`({variables})`", text_of("docs/hosting.md")))
    named = {name for document in DOCUMENTS for name in re.findall(variables, document.read_text(encoding="utf-8"))}
    assert documented == named == set(re.findall(variables, text_of("core/settings.py")))


def test_the_map_of_the_house_names_each_package_of_the_core():
    house = text_of("docs/architecture.md").partition("core/  ")[2].partition("tests/core")[0]
    packages = {path.name for path in (ROOT / "core").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert set(re.findall(r"\b([a-z_]+)/", house)) == packages


def test_the_sample_corpus_is_what_its_data_card_says():
    failed, tried = doctest.testfile(str(ROOT / "docs" / "data-card.md"), module_relative=False)
    assert (failed, tried > 0) == (0, True)


def test_the_licence_is_the_apache_licence_to_the_letter():
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0


def test_the_version_is_the_same_wherever_it_stands():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    citation = dict(line.split(": ", 1) for line in text_of("CITATION.cff").splitlines() if re.match(r"[\w-]+: ", line))
    release = re.search(r"^## \[(\d[\d.]*)\] - (\S+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert release
    assert (citation["version"], citation["date-released"]) == release.groups()
    assert (project["version"], project["license"]) == (citation["version"], citation["license"])
