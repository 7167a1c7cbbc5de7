"""The one place of all keys: each belongs to one page, and no other module of the pages spells one out."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.parts.projector import view_file
from pages.shared import state
from pages.shared.navigation import PAGES
from tests.conftest import ROOT

SCRIPTS = [path for path in sorted((ROOT / "pages").rglob("*.py")) if path.name != "state.py"]
STORES = ("session_state", "query_params")


def test_no_two_pages_share_a_key() -> None:
    owners = [*state.SHARED, *state.PAGES.values()]
    names = [(name, owner) for owner in owners for name in names_of(owner)]
    assert [name for name, owners_of in grouped(names).items() if len(owners_of) > 1] == []
    prefixes = [(keys.prefix, owner) for owner in owners for keys in families_of(owner)]
    for prefix, owner in prefixes:
        others = [name for name, of in [*names, *prefixes] if (name, of) != (prefix, owner)]
        assert [name for name in others if name.startswith(prefix)] == [], prefix


def test_no_two_pages_share_a_work() -> None:
    owners = [*state.SHARED, *state.PAGES.values()]
    works = [str(value) for owner in owners for value in all_of(owner) if isinstance(value, state.Work)]
    prefixes = [value.prefix for owner in owners for value in all_of(owner) if isinstance(value, state.Works)]
    assert len(set(works)) == len(works)
    for prefix in prefixes:
        assert [work for work in [*works, *prefixes] if work.startswith(prefix)] == [prefix]


def test_every_page_has_its_keys() -> None:
    assert set(state.PAGES) == set(PAGES)


def test_a_saved_view_holds_what_stands_in_the_addresses_of_its_page() -> None:
    parameters = {name for owner in (state.EveryPage, state.Projector) for name in names_of(owner)}
    families = tuple(keys.prefix for keys in vars(state.Projector).values() if isinstance(keys, state.Parameters))
    for name in view_file.Choices.model_fields:
        assert name in parameters or name.startswith(families), name


def all_of(owner: type) -> list[object]:
    """What a page's class holds, and the places of files in it."""
    found: list[object] = []
    for value in vars(owner).values():
        found += (
            vars(value).values() if isinstance(value, state.Uploads) else value if type(value) is tuple else [value]
        )
    return found


def names_of(owner: type) -> list[str]:
    return [str(value) for value in all_of(owner) if isinstance(value, state.Key)]


def families_of(owner: type) -> list[state.Keys]:
    return [value for value in all_of(owner) if isinstance(value, state.Keys)]


def grouped(names: list[tuple[str, type]]) -> dict[str, list[type]]:
    found: dict[str, list[type]] = {}
    for name, owner in names:
        found.setdefault(name, []).append(owner)
    return found


def test_no_key_is_spelled_out_but_in_one_place() -> None:
    assert {str(path.relative_to(ROOT)): found for path in SCRIPTS if (found := spelled_out(path))} == {}


@pytest.mark.parametrize(
    "line",
    [
        'st.button("x", key="x")', 'st.button("x", key=f"x_{name}")', 'st.button("x", key=_made(name))',
        'st.session_state["x"]', "st.session_state[KEY]", "st.session_state[_made(name)]", 'st.session_state[Key("x")]',
        'st.session_state.get("x")', '"x" in st.session_state', 'st.query_params.pop("x")', 'st.form("x")',
        'st.page_link("x", query_params={"x": 1})',
    ],
)  # fmt: skip
def test_a_key_that_is_spelled_out_is_found(tmp_path: Path, line: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(f'KEY = "x"\n{line}\n')
    assert len(spelled_out(script)) == 1


def spelled_out(path: Path) -> list[str]:
    """Keys that are written as a text, are a constant of their module, or are made by other than the keys' module."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = {
        name.id
        for node in tree.body
        if isinstance(node, ast.Assign) and any(map(is_text, ast.walk(node.value)))
        for target in node.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }
    found = [key for key in keys_in(tree) if any(is_text(part) or is_made(part, constants) for part in parts_of(key))]
    return [f"line {key.lineno}: {ast.unparse(key)}" for key in found]


def keys_in(tree: ast.AST) -> Iterator[ast.expr]:
    """Whatever names a widget, a place in the session or a parameter of the address."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (word.value for word in node.keywords if word.arg == "key")
            yield from (key for word in node.keywords if word.arg == "query_params" for key in keys_of_dict(word.value))
            if isinstance(node.func, ast.Attribute) and (is_store(node.func.value) or node.func.attr == "form"):
                yield from node.args[:1]
        elif isinstance(node, ast.Subscript) and is_store(node.value):
            yield node.slice
        elif isinstance(node, ast.Compare) and any(map(is_store, node.comparators)):
            yield node.left


def keys_of_dict(node: ast.expr) -> list[ast.expr]:
    return [key for key in node.keys if key] if isinstance(node, ast.Dict) else []


def is_store(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in STORES


def parts_of(key: ast.expr) -> Iterator[ast.AST]:
    """The expression and what it consists of, but for what a function is given: the "x" of `Embed.BARCODE("x")`."""
    yield key
    if not isinstance(key, ast.Call | ast.Lambda):  # the latter is how something is sorted
        for part in ast.iter_child_nodes(key):
            yield from parts_of(part) if isinstance(part, ast.expr) else ()


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_made(node: ast.AST, constants: set[str]) -> bool:
    """Whether it is a constant text by its name, or the answer of a function that is no family of keys."""
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Attribute) and node.func.attr.isupper())
    return isinstance(node, ast.Name) and node.id in constants
