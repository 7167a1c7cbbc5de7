"""Collections in a bucket: the tests of those on disk, once more over S3."""

import logging
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from moto.server import ThreadedMotoServer

from core import collections
from core.collections import ByIndex, OnDisk, building
from core.tables import parts
from tests.core.collections.conftest import ROWS, cluster
from tests.core.collections.test_creation import (  # noqa: F401
    test_a_collection_can_be_embedded_while_it_is_created,
    test_what_is_interrupted_anywhere_is_completed_without_loss_or_repetition,
)
from tests.core.collections.test_processes import (  # noqa: F401
    many_texts,
    test_two_writers_at_once_share_the_work,
)
from tests.core.collections.test_quality import test_the_samples_quality_is_the_same_on_disk  # noqa: F401
from tests.core.collections.test_searching import (  # noqa: F401
    test_a_second_model_is_a_second_column_and_changes_nothing_of_the_first,
)
from tests.core.collections.test_words import (  # noqa: F401
    test_conditions_are_met_by_what_words_find,
    test_texts_that_come_after_the_index_are_found_and_counted,
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """S3 on this machine, with a bucket `team`."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    service = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    service.start()
    _, port = service.get_host_and_port()
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("PUT", "/team")
    assert connection.getresponse().status == 200
    connection.close()
    yield f"http://127.0.0.1:{port}"
    service.stop()


@pytest.fixture(autouse=True)
def folder(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of the test's own in the bucket."""
    root = f"s3://team/{uuid4().hex}"
    access = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    where = {"AWS_ENDPOINT_URL": server, "AWS_ALLOW_HTTP": "true", "EMBEDSCOPE_COLLECTIONS": root}
    for name, value in (access | where).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(parts, "MOST_ROWS", ROWS)
    return root


def test_collections_are_listed_measured_and_deleted(texts: Path) -> None:
    assert collections.names() == []
    collections.create("texts", [texts])
    assert collections.names() == ["texts"]
    assert collections.size("texts") > texts.stat().st_size
    collections.delete("texts")
    assert collections.names() == []


def test_an_index_in_a_bucket_finds_the_nearest(numbers: Path, encoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "SAMPLE", 3)
    made = collections.embed_with(collections.create("numbers", [numbers]), encoder)
    collection, built, _ = collections.build(*made, 0.5)
    assert built
    assert collections.index_of(collections.open_collection("numbers"), made[1]) == built
    found = ByIndex(OnDisk(collection, made[1]), built).find(cluster([7, 1234]), 1)
    assert found.rows.tolist() == [[7], [1234]]
