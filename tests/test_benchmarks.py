"""Scripts of benchmarks/ run seldom: what they import from the package has to be there still."""

import ast
import importlib
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_is_there(script: Path) -> None:
    imports = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(script.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "tokbench"
        for alias in node.names
    ]
    for module, name in imports:
        found = importlib.import_module(str(module))
        if not hasattr(found, name):
            importlib.import_module(f"{module}.{name}")
