"""Where things belong: what only one page needs lies in its parts, and what two need is shared."""

from functools import cache

import grimp

PAGES = ("models", "explain", "embed", "similarity", "search", "evaluate", "projector", "benchmark", "verdict")


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("pages", "core")


def pages_that_reach(module: str) -> set[str]:
    """The pages whose script or parts lead to the module."""
    downstream = imports().find_downstream_modules(module) | {module}
    return {page for page in PAGES if f"pages.{page}" in downstream}


def modules_below(package: str) -> list[str]:
    graph = imports()
    return sorted(module for module in graph.find_descendants(package) if not graph.find_descendants(module))


def test_a_page_uses_no_other_pages_parts() -> None:
    for page in PAGES:
        parts = {module for module in imports().find_upstream_modules(f"pages.{page}") if "pages.parts." in module}
        assert {module.split(".")[2] for module in parts} <= {page}


def test_a_part_serves_its_page() -> None:
    for module in modules_below("pages.parts"):
        assert pages_that_reach(module) == {module.split(".")[2]}, module


def test_what_is_shared_serves_two_pages_or_more() -> None:
    for module in modules_below("pages.shared"):
        assert len(pages_that_reach(module)) > 1, module
