"""Who may use a hosted dashboard, and as what: the rules of `[access]` in secrets.toml, and what a login says.

A login is what an OpenID Connect provider has said of a person: claims such as `iss`, `sub`, `email` and `groups`
(OpenID Connect Core 1.0, sections 2 and 5.1). Where no login is configured, whoever is there is the host.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from core import settings
from core.errors import AccessError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
KEY_BYTES = 16


@dataclass(frozen=True)
class Rules:
    """Who may enter, and who of them is a host.

    Attributes
    ----------
    domains : tuple of str
        The domains of e-mail addresses that may enter.
    groups : tuple of str
        The groups whose members may enter. If neither is given, everybody may whom the provider lets in.
    hosts : tuple of str
        The e-mail addresses and groups of those who may also download models, load-test and delete.
    """

    domains: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """Somebody who uses the dashboard.

    Attributes
    ----------
    key : str
        32 hexadecimal digits by which a person's files are found; empty where no login is configured.
    name : str
        How the person is called on screen.
    is_host : bool
        Whether the person may do what changes the dashboard for everybody.
    """

    key: str
    name: str
    is_host: bool


LOCAL = Person("", "", is_host=True)


def rules(*, has_login: bool) -> Rules:
    """The rules of `[access]` in secrets.toml.

    Raises
    ------
    AccessError
        They cannot be read or nobody asks for a login, so nobody may enter.
    """
    section = settings.secrets().get("access")
    if not has_login and (section is not None or settings.may_hide_login()):
        raise AccessError(
            "Nobody can enter: secrets.toml has rules of access but no login that can be read. See [auth] in "
            "docs/hosting.md, and the server's log."
        )
    return Rules() if section is None else _checked(section)


@cache
def _reader() -> "TypeAdapter[Rules]":
    """What reads rules; made once, as a page asks many times who is there."""
    from pydantic import TypeAdapter

    return TypeAdapter(Rules)


def _checked(section: Any) -> Rules:
    from pydantic import ValidationError

    known = [field.name for field in fields(Rules)]
    try:
        found = _reader().validate_python(section)
        wrong = [
            *(section.keys() - set(known)),
            *(name for name in found.domains if not DOMAIN.fullmatch(name.lower())),
        ]
    except ValidationError as error:
        wrong = [str(problem["loc"][0]) for problem in error.errors() if problem["loc"]]
        wrong = wrong or ["access"]
    if wrong:
        raise AccessError(
            f"Nobody can enter: [access] in secrets.toml is wrong at {wrong[0]!r}. It has lists of domains such as "
            '["example.com"], of groups and of hosts.'
        )
    return found


def admit(claims: Mapping[str, Any], allowed: Rules) -> Person:
    """The person of a login.

    An e-mail address counts only if the provider says that it has verified it: anybody can claim one that it has not.

    Raises
    ------
    AccessError
        The person may not enter, or the login does not say who it is.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not (isinstance(issuer, str) and isinstance(subject, str) and issuer and subject):
        raise AccessError("The login does not say who you are (iss and sub): ask whoever hosts Embedscope.")
    address, groups = _address(claims), _groups(claims)
    is_host = bool({address, *groups} & {_folded(host) for host in allowed.hosts} - {""})
    domain = address.rpartition("@")[2]
    is_inside = domain in map(str.lower, allowed.domains) if domain else False
    if not (is_host or is_inside or groups & set(allowed.groups)) and (allowed.domains or allowed.groups):
        raise AccessError(f"{_name(claims)} may not use this Embedscope. Ask whoever hosts it to let you in.")
    return Person(_key(issuer, subject), _name(claims), is_host)


def _key(issuer: str, subject: str) -> str:
    """What names a person's files, and says of nobody whose they are."""
    return hashlib.blake2b(f"{issuer}\n{subject}".encode(), digest_size=KEY_BYTES).hexdigest()


def _address(claims: Mapping[str, Any]) -> str:
    """The verified e-mail address, in lower case; empty if there is none."""
    address = claims.get("email")
    return address.lower() if isinstance(address, str) and claims.get("email_verified") is True else ""


def _groups(claims: Mapping[str, Any]) -> set[str]:
    groups = claims.get("groups") or ()
    return {groups} if isinstance(groups, str) else {group for group in groups if isinstance(group, str)}


def _folded(host: str) -> str:
    """A host's e-mail address in lower case; a group as it is."""
    return host.lower() if "@" in host else host


def _name(claims: Mapping[str, Any]) -> str:
    """How a login calls the person: by the e-mail address, the name, or the number that the provider gave."""
    named = (claims.get(claim) for claim in ("email", "preferred_username", "name", "sub"))
    return next((name for name in named if isinstance(name, str) and name), "Somebody")
