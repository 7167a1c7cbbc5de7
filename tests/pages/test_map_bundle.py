"""The map's JavaScript modules as one script, as Streamlit takes it."""

import re
from graphlib import CycleError
from pathlib import Path

import pytest

from pages.parts.projector.map_view import component
from pages.parts.projector.map_view.bundle import bundle


def modules(folder: Path, **texts: str) -> Path:
    """Modules by their names; gives the folder's main.js."""
    for name, text in texts.items():
        (folder / f"{name.replace('_', '-')}.js").write_text(text)
    return folder / "main.js"


def test_what_a_module_imports_comes_before_it_and_once(tmp_path: Path) -> None:
    script = bundle(
        modules(
            tmp_path,
            main='import { a } from "./one.js";\nimport { b } from "./the-other.js";\n\nexport default a + b;\n',
            one='import {\n  b,\n  c,\n} from "./the-other.js";\nexport const a = b + c;\n',
            the_other="/** What\n * it is. */\nexport const b = 1;\nexport function c() {}\nconst own = 2;\n",
        )
    )
    first, last = script.index("const module_the_other ="), script.index("const module_one =")
    assert first < last < script.index("export default a + b;")
    assert script.count("const b = 1;") == 1
    assert "return { b, c };" in script[first:last]
    assert "What" not in script
    assert not re.findall(r"^import|^export (?!default)", script, re.MULTILINE)


def test_modules_that_import_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    main = modules(tmp_path, main='import { a } from "./a.js";\n', a='import { b } from "./main.js";\n')
    with pytest.raises(CycleError):
        bundle(main)


def test_a_module_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nowhere\.js"):
        bundle(modules(tmp_path, main='import { a } from "./nowhere.js";\n'))


@pytest.mark.parametrize("entry", ["view-component", "data-component"])
def test_all_that_the_components_import_is_in_their_scripts(entry: str) -> None:
    script = bundle(component.JS / f"{entry}.js")
    assert script.count("export default function") == 1
    assert not re.findall(r"^import|^export (?!default)", script, re.MULTILINE)
    for names, module in re.findall(r"const \{([^}]*)\} = (module_\w+);", script):
        body = re.search(rf"const {module} = \(\(\) => \{{.*?\nreturn \{{ ([^}}]*) \}};\n\}}\)\(\);", script, re.DOTALL)
        assert body
        wanted = {name.strip() for name in names.split(",") if name.strip()}
        assert wanted <= set(body[1].split(", "))


def test_every_module_of_the_map_is_in_the_script_of_a_component() -> None:
    scripts = "".join(bundle(component.JS / f"{entry}.js") for entry in ("view-component", "data-component"))
    names = {path.stem.replace("-", "_") for path in component.JS.glob("*.js")} - {"view_component", "data_component"}
    assert {name for name in names if f"const module_{name} =" not in scripts} == set()
