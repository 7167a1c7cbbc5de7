"""A script as a page shows it: with its placeholders filled and the loading of its model written out."""

import ast
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
LOADERS = "core.examples.loaders."


@dataclass(frozen=True)
class Statement:
    """A top-level statement of a script; `before` holds the comments and blank lines before it."""

    node: ast.stmt
    before: str
    source: str

    @property
    def is_import(self) -> bool:
        """Whether it imports something."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def names(self) -> set[str]:
        """The names that it assigns, imports or defines."""
        if isinstance(self.node, ast.Import | ast.ImportFrom):
            return {alias.asname or alias.name.partition(".")[0] for alias in self.node.names}
        if isinstance(self.node, ast.FunctionDef):
            return {self.node.name}
        return {
            node.id for node in ast.walk(self.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }

    @property
    def references(self) -> set[str]:
        """The names that it refers to."""
        return {node.id for node in ast.walk(self.node) if isinstance(node, ast.Name)}


def fill_script(name: str, loader: str = "local", **placeholders: str) -> str:
    """Fill in scripts/`name`.py and return its source.

    Parameters
    ----------
    loader : str
        loaders/`loader`.py replaces the loader that the script imports, as far as it is used.
    placeholders : str
        Python source of values, by the name of the variable in the script or its loader.
    """
    script = _statements(FOLDER / "scripts" / f"{name}.py")
    own = [statement for statement in script if not _is_loader(statement)]
    wanted = {name for statement in script if _is_loader(statement) for name in statement.names}
    loading = _select_needed(_statements(FOLDER / "loaders" / f"{loader}.py"), wanted)
    imports = _sorted_imports([*own, *loading])
    loaded, rest = _body(loading, placeholders), _body(own, placeholders)
    ends_with_function = bool(loading) and isinstance(loading[-1].node, ast.FunctionDef)
    start = "\n\n".join(filter(None, [imports, loaded]))
    return f"{start}\n\n\n{rest}\n" if ends_with_function else f"{start}\n\n{rest}\n"


def _statements(path: Path) -> list[Statement]:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    statements, end = [], 0
    for node in ast.parse(source).body:
        start, before = node.lineno - 1, end
        end = node.end_lineno or node.lineno
        statements.append(Statement(node, "".join(lines[before:start]), "".join(lines[start:end])))
    return statements


def _is_loader(statement: Statement) -> bool:
    return isinstance(statement.node, ast.ImportFrom) and (statement.node.module or "").startswith(LOADERS)


def _select_needed(statements: Sequence[Statement], wanted: Collection[str]) -> list[Statement]:
    """The statements that the wanted names depend on."""
    names, selection = set(wanted), []
    for statement in reversed(statements):
        if statement.names & names:
            names |= statement.references
            selection.append(statement)
    return selection[::-1]


def _sorted_imports(statements: Sequence[Statement]) -> str:
    """The imports, each once: Python's own, a blank line, the others."""
    imports = {statement.source: statement.node for statement in statements if statement.is_import}
    groups: dict[bool, list[tuple[bool, str, str]]] = {False: [], True: []}
    for source, node in imports.items():
        module = (node.module if isinstance(node, ast.ImportFrom) else source.split()[1]) or ""
        is_foreign = module.partition(".")[0] not in sys.stdlib_module_names
        groups[is_foreign].append((isinstance(node, ast.ImportFrom), module.lower(), source))
    return "\n".join("".join(source for *_, source in sorted(group)) for group in groups.values() if group).rstrip()


def _body(statements: Sequence[Statement], placeholders: Mapping[str, str]) -> str:
    """All but the imports, with the placeholders filled."""
    return "".join(
        statement.before + _with_values(statement, placeholders) for statement in statements if not statement.is_import
    ).strip("\n")


def _with_values(statement: Statement, placeholders: Mapping[str, str]) -> str:
    for name in statement.names & placeholders.keys():
        return f"{name} = {placeholders[name]}\n"
    return statement.source
