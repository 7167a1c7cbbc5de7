"""JavaScript modules as one script: Streamlit takes a component's script as one text, in which imports do not work.

Each module becomes a function that is called once and returns its exports, so that its names stay local. Modules
import by name from files in the same folder (`import { a, b } from "./c.js";`) and export what they declare; their doc
comments are dropped.
"""

import re
from graphlib import TopologicalSorter
from pathlib import Path

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";$', re.MULTILINE)
COMMENT = re.compile(r"^ */\*\*.*?\*/\n", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (?=(?:async )?(?:class|const|function) (\w+))", re.MULTILINE)


def bundle(entry: Path) -> str:
    """The module of this file, preceded by everything it imports; its default export is preserved.

    Raises graphlib.CycleError if modules import each other in a circle, and OSError if one is missing.
    """
    modules: dict[str, str] = {}
    names = [entry.stem]
    while names:
        if (name := names.pop()) not in modules:
            modules[name] = (entry.parent / f"{name}.js").read_text("utf-8")
            names += _imports(modules[name])
    order = TopologicalSorter({name: _imports(text) for name, text in modules.items()}).static_order()
    return "\n".join(_module(name, modules[name], is_entry=name == entry.stem) for name in order)


def _imports(text: str) -> list[str]:
    return [name for _, name in IMPORT.findall(text)]


def _module(name: str, text: str, *, is_entry: bool) -> str:
    text = COMMENT.sub("", text)
    text = IMPORT.sub(lambda match: f"const {{{match[1]}}} = {_variable(match[2])};", text)
    if is_entry:
        return text
    exports = ", ".join(EXPORT.findall(text))
    return f"const {_variable(name)} = (() => {{\n{EXPORT.sub('', text)}return {{ {exports} }};\n}})();"


def _variable(name: str) -> str:
    return f"module_{name.replace('-', '_')}"
