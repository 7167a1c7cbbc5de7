"""Servers of secrets.toml: what becomes a model, what is refused, and what stays secret."""

import logging
import os
import re
import subprocess
import sys
import tomllib

import pytest
import streamlit

from core import models, settings
from core.models import servers
from core.models.files import availability
from core.models.servers import is_address
from tests.conftest import ROOT

FOUR_LINES = """
[servers.gpu]
url = "http://gpu.example:8000/v1"
model = "BAAI/bge-m3"
key = "sk-server-secret"
"""
WHOLE = """
[servers.whole]
url = "https://embeddings.example/v1/"
model = "own"
dimensions = 256
max_tokens = 512
query_prompt = "query: "
document_prompt = "passage: "
usd_per_million_tokens = 0.5
similarity = "dot"
"""


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(settings, "PROJECT", tmp_path / "project")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.fixture
def write(tmp_path):
    def write_secrets(content, place="project"):
        file = tmp_path / place / ".streamlit" / "secrets.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content) if isinstance(content, str) else file.write_bytes(content)
        return file

    return write_secrets


def server_names():
    return [name for name in models.names() if name.startswith("server:")]


def test_four_lines_make_a_model(write):
    write(FOUR_LINES)
    spec = models.get("server:gpu")
    assert (spec.provider, spec.dimensions, spec.max_tokens) == ("openai", None, None)
    assert spec.server
    assert (spec.server.url, spec.server.model) == ("http://gpu.example:8000/v1", "BAAI/bge-m3")
    assert servers.key("gpu") == "sk-server-secret"
    assert availability(spec).is_ready
    assert servers.problems() == ()


def test_all_lines_reach_the_model(write):
    write(WHOLE)
    spec = models.get("server:whole")
    assert spec.server
    assert (spec.dimensions, spec.server.dimensions, spec.max_tokens) == (256, 256, 512)
    assert (spec.prompt("query"), spec.prompt("document")) == ("query: ", "passage: ")
    assert spec.usd_per_million_tokens == 0.5
    assert spec.similarity == "dot"
    assert servers.key("whole") is None


def test_a_model_is_identified_by_its_server_and_its_name_there_and_not_by_its_key(write):
    write(FOUR_LINES)
    spec = models.get("server:gpu")
    assert spec.id == "BAAI/bge-m3@http://gpu.example:8000/v1"
    assert "secret" not in repr(spec) + availability(spec).sentence


def test_without_secrets_there_are_no_servers_and_no_problems():
    assert server_names() == []
    assert servers.problems() == ()
    assert settings.secrets() == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('url = "gpu.example:8000/v1"', "url must be an http or https address"),
        ('url = "ftp://gpu.example/v1"', "url must be an http or https address"),
        ('url = "http://me:secret@gpu.example/v1"', "without user name, password"),
        ('url = "http://gpu.example/v1?key=secret"', "without user name, password or query"),
        ("url = 8000", "url must be text in quotes"),
        ('url = ""', "url is missing"),
        ('model = ""', "model is missing"),
        ("key = 5", "key must be text in quotes"),
        ("dimensions = 0", "dimensions must be a whole number"),
        ("dimensions = true", "dimensions must be a whole number"),
        ("max_tokens = 1.5", "max_tokens must be a whole number"),
        ("usd_per_million_tokens = -1", "usd_per_million_tokens must be a number of 0 or more"),
        ("usd_per_million_tokens = inf", "usd_per_million_tokens must be a number of 0 or more"),
        ('similarity = "dotty"', "similarity must be one of cosine, dot, euclidean, manhattan"),
        ("similarity = 1", "similarity must be text in quotes"),
        ('password = "secret"', "'password' is not one of its lines"),
    ],
)
def test_a_wrong_section_is_told_by_name_and_leaves_the_others_alone(write, line, told):
    correct = {"url": 'url = "http://gpu.example/v1"', "model": 'model = "own"'}
    lines = correct | {line.split(" =")[0]: line}
    write("[servers.wrong]\n" + "\n".join(lines.values()) + FOUR_LINES)
    assert server_names() == ["server:gpu"]
    (problem,) = servers.problems()
    assert problem.startswith("[servers.wrong] in secrets.toml")
    assert told in problem
    assert "secret" not in problem.replace("secrets.toml", "")


@pytest.mark.parametrize("missing", ["url", "model"])
def test_a_section_needs_url_and_model(write, missing):
    write("\n".join(line for line in FOUR_LINES.splitlines() if not line.startswith(missing)))
    assert server_names() == []
    assert f"{missing} is missing" in servers.problems()[0]


@pytest.mark.parametrize("name", ['"two words"', '"../up"', f'"{"a" * 41}"', '""', '"gpu\\n"', '"ü"'])
def test_a_name_is_of_letters_digits_hyphens_and_underscores(write, name):
    write(FOUR_LINES.replace("gpu]", f"{name}]"))
    assert server_names() == []
    assert "1 to 40 letters" in servers.problems()[0]


@pytest.mark.parametrize("content", ["servers = 5", "[servers]\ngpu = 5", "[[servers]]\nurl = 'http://a/v1'"])
def test_servers_that_are_no_sections_are_told(write, content):
    write(content)
    assert server_names() == []
    assert len(servers.problems()) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('OPENAI_API_KEY = "x"\nkey = sk-secret\n', "secrets.toml is not valid TOML: see line 2."),
        (b'OPENAI_API_KEY = "\xff"', "secrets.toml is not valid TOML."),
    ],
)
def test_a_broken_file_is_one_sentence_and_breaks_nothing_else(write, caplog, content, told):
    write(content)
    with caplog.at_level(logging.WARNING):
        assert models.names()
        assert models.names()
        (problem,) = servers.problems()
    assert told in problem
    assert "secret" not in problem.replace("secrets.toml", "")
    assert len(caplog.records) == 1, "it is logged once for each time the file was written"
    assert not settings.has_openai_key()
    assert problem in availability(models.get("text-embedding-3-small")).sentence


def test_a_file_that_may_not_be_read_is_one_sentence(write, monkeypatch):
    def deny(*args, **options):
        raise PermissionError

    write(FOUR_LINES)
    monkeypatch.setattr("pathlib.Path.read_bytes", deny)
    assert server_names() == []
    assert "Cannot open" in servers.problems()[0]


def test_a_mended_file_counts_at_once(write):
    file = write("broken")
    assert servers.problems()
    write(FOUR_LINES)
    os.utime(file, ns=(1, 1))
    assert servers.problems() == ()
    assert server_names() == ["server:gpu"]


def test_the_file_beside_the_project_wins_over_the_users(write):
    write('OPENAI_API_KEY = "sk-user"\nOPENAI_BASE_URL = "http://user.example/v1"', "home")
    assert settings.openai_key() == "sk-user"
    write('OPENAI_API_KEY = "sk-project"')
    assert settings.openai_key() == "sk-project"
    assert settings.openai_address() == "http://user.example/v1"


def test_the_files_are_read_as_streamlit_reads_them(write, monkeypatch):
    from streamlit.runtime.secrets import Secrets

    user = write('OPENAI_API_KEY = "sk-user"\nother = 1\n[servers.one]\nurl = "http://one/v1"', "home")
    project = write('OPENAI_API_KEY = "sk-project"\n[servers.two]\nurl = "http://two/v1"')
    monkeypatch.setenv("OPENAI_API_KEY", "restored afterwards, since Streamlit copies secrets into the environment")
    options = {"secrets.files": [str(user), str(project)]}
    get_option = streamlit.config.get_option
    monkeypatch.setattr("streamlit.config.get_option", lambda name: options.get(name) or get_option(name))
    assert Secrets().to_dict() == settings.secrets()


def test_the_environment_wins_over_the_files(write, monkeypatch):
    write('OPENAI_API_KEY = "sk-file"')
    monkeypatch.setenv("OPENAI_API_KEY", " sk-environment\n")
    assert settings.openai_key() == "sk-environment"
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert settings.openai_key() is None


def test_a_key_that_is_no_text_is_none(write):
    write("OPENAI_API_KEY = 5")
    assert not settings.has_openai_key()


def test_importing_and_asking_for_the_servers_loads_no_client(write):
    code = "import sys; from core import models; models.names(); sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_example_file_is_right_once_its_hashes_are_taken_away(write):
    text = (ROOT / ".streamlit" / "secrets.toml.example").read_text()
    assert tomllib.loads(text) == {}, "nothing counts before somebody chooses it"
    write(re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE))
    assert server_names() == ["server:gpu", "server:everything"]
    assert servers.problems() == ()
    assert settings.has_openai_key()
    assert set(settings.secrets()["servers"]["everything"]) == set(servers.LINES)


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost:8000/v1", "https://api.openai.com/v1", "http://10.0.0.1", "http://[::1]:8080/v1"),
        *("http://text_embeddings:80/v1/", "https://a.example/%7Eme/v1"),
    ],
)
def test_an_address_is_a_scheme_a_host_a_port_and_a_path(url):
    assert is_address(url)


@pytest.mark.parametrize(
    "url",
    [
        *("http://", "http:///v1", "http://a..b/v1", "http://a:99999/v1", "http://a b/v1", "http://a/v1#x"),
        *("http://a/v1\n", "http://ü.example/v1", "http://user@a/v1", "javascript:alert(1)", "//a/v1", ""),
    ],
)
def test_anything_more_or_less_is_no_address(url):
    assert not is_address(url)
