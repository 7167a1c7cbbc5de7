"""Who may enter, and as what."""

from pathlib import Path
from typing import Any

import pytest

from core import access, settings
from core.access import Person, Rules
from core.errors import AccessError

ALICE = {"iss": "https://login.example.com", "sub": "17", "email": "Alice@Example.com", "email_verified": True}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The project's secrets.toml, which doesn't exist yet; the user has none."""
    (tmp_path / ".streamlit").mkdir()
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    return tmp_path / ".streamlit" / "secrets.toml"


@pytest.mark.parametrize(
    ("rules", "claims", "is_host"),
    [
        (Rules(), {"email": None}, False),
        (Rules(domains=("example.com",)), {}, False),
        (Rules(domains=("EXAMPLE.com",), groups=("search",)), {}, False),
        (Rules(domains=("other.org",), groups=("search",)), {"groups": ["all", "search"]}, False),
        (Rules(groups=("search",)), {"groups": "search"}, False),
        (Rules(hosts=("alice@example.com",)), {}, True),
        (Rules(domains=("other.org",), hosts=("Alice@example.com",)), {}, True),
        (Rules(groups=("search",), hosts=("operators",)), {"groups": ["operators"]}, True),
        (Rules(hosts=("bob@example.com",)), {}, False),
    ],
)
def test_the_rules_admit_domains_groups_and_hosts(rules: Rules, claims: dict[str, Any], is_host: bool) -> None:
    assert access.admit(ALICE | claims, rules).is_host is is_host


@pytest.mark.parametrize(
    ("rules", "claims"),
    [
        (Rules(domains=("example.org",)), {}),
        (Rules(domains=("ample.com",)), {}),
        (Rules(domains=("example.com",)), {"email": "alice@example.com.evil.org"}),
        (Rules(domains=("example.com",)), {"email": "alice@evil.org@sub.example.com"}),
        (Rules(domains=("example.com",)), {"email_verified": False}),
        (Rules(domains=("example.com",)), {"email_verified": "true"}),
        (Rules(domains=("example.com",)), {"email_verified": None}),
        (Rules(domains=("example.com",)), {"email": ["alice@example.com"]}),
        (Rules(groups=("search",)), {"groups": {"search": 1}.keys() - {"search"}}),
        (Rules(groups=("search",)), {"groups": "research"}),
        (Rules(groups=("search",)), {"groups": ["Search"]}),
        (Rules(domains=("other.org",), hosts=("alice@example.com",)), {"email_verified": False}),
    ],
)
def test_nobody_else_enters(rules: Rules, claims: dict[str, Any]) -> None:
    with pytest.raises(AccessError, match="may not use this Embedscope"):
        access.admit(ALICE | claims, rules)


def test_an_address_that_is_not_verified_makes_nobody_a_host() -> None:
    assert not access.admit(ALICE | {"email_verified": False}, Rules(hosts=("alice@example.com",))).is_host
    assert not access.admit(ALICE | {"email": None}, Rules(hosts=("",))).is_host


@pytest.mark.parametrize("claims", [{}, {"iss": "a"}, {"sub": "b"}, {"iss": "", "sub": "b"}, {"iss": "a", "sub": 5}])
def test_a_login_that_names_nobody_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(AccessError, match="does not say who you are"):
        access.admit(claims, Rules())


def test_a_person_is_the_same_whatever_the_address_and_another_at_another_provider() -> None:
    alice = access.admit(ALICE, Rules())
    assert alice == Person(alice.key, "Alice@Example.com", is_host=False)
    assert len(alice.key) == 32
    assert access.admit(ALICE | {"email": "alice@new.example.com"}, Rules()).key == alice.key
    assert access.admit(ALICE | {"iss": "https://other.example.com"}, Rules()).key != alice.key
    assert access.admit(ALICE | {"sub": "18"}, Rules()).key != alice.key


def test_a_person_without_an_address_is_called_by_what_the_login_says() -> None:
    named = {"iss": "a", "sub": "17", "email": "", "preferred_username": 5, "name": "Alice"}
    assert access.admit(named, Rules()).name == "Alice"
    assert access.admit({"iss": "a", "sub": "17"}, Rules()).name == "17"


def test_the_rules_are_those_of_secrets(secrets: Path) -> None:
    assert access.rules(has_login=False) == access.rules(has_login=True) == Rules()
    secrets.write_text('[auth]\nclient_id = "a"\n[access]\ndomains = ["example.com"]\nhosts = ["ops"]\n')
    assert access.rules(has_login=True) == Rules(domains=("example.com",), hosts=("ops",))


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ('[access]\ndomain = ["example.com"]', "'domain'"),
        ('[access]\ndomains = "example.com"', "'domains'"),
        ('[access]\ndomains = ["@example.com"]', "'@example.com'"),
        ("[access]\ndomains = [5]", "'domains'"),
        ('access = "everybody"', "'access'"),
    ],
)
def test_nobody_enters_by_rules_that_are_wrong(secrets: Path, content: str, wrong: str) -> None:
    secrets.write_text(content)
    with pytest.raises(AccessError, match=f"Nobody can enter: .* is wrong at {wrong}"):
        access.rules(has_login=True)


@pytest.mark.parametrize(
    "content", ['[access]\ndomains = ["example.com"]\n', "[auth]\nclient_id = \n", " [ auth.google ]\nx = 1\nx = 2\n"]
)
def test_rules_or_a_login_that_are_not_in_force_open_no_door(secrets: Path, content: str) -> None:
    secrets.write_text(content)
    with pytest.raises(AccessError, match="no login that can be read"):
        access.rules(has_login=False)


def test_another_mistake_in_secrets_closes_no_door_that_was_open(secrets: Path) -> None:
    secrets.write_text("[servers.auth]\nurl = \n")
    assert access.rules(has_login=False) == Rules()


def test_what_is_saved_is_in_the_persons_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    monkeypatch.setattr(settings, "owner", settings.nobody)
    assert settings.own_folder("runs") == tmp_path / "runs"
    monkeypatch.setattr(settings, "owner", lambda: "abc")
    assert settings.own_folder("runs") == tmp_path / "people" / "abc" / "runs"
