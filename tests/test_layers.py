"""The import table of the design, and the limits on modules and functions, by `ast`.

Lazy, relative and type-only imports count, and so do `__import__("x")` and
`importlib.import_module("x")`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "nmrcam_qt"
MAX_LINES, MAX_FUNCTION_LINES = 400, 40

QT = ("PySide6", "PyQt5", "PyQt6", "PySide2", "shiboken6", "qtpy", "pyqtgraph", "sip")
TENSORFLOW = ("tensorflow", "keras", "tf_keras", "jax")
WIDGETS = ("PySide6.QtWidgets", "PyQt6.QtWidgets", "pyqtgraph")
OURS = ("core", "ml", "session", "workers", "qtmodels", "ui", "cli", "app", "launch")
RDKIT_HOMES = ("core.simulate", "core.substructures")


@dataclass(frozen=True)
class Rule:
    """What a layer may import of ours, and what it must never import of others."""

    ours: tuple[str, ...]
    never: tuple[str, ...]


RULES = {
    "core": Rule(("core",), (*QT, *TENSORFLOW, "sqlite3")),
    "ml": Rule(("ml", "core"), (*QT, "sqlite3")),
    "session": Rule(("session", "core"), (*QT, *TENSORFLOW)),
    "workers": Rule(("workers", "core", "ml", "session"), (*WIDGETS, *TENSORFLOW)),
    "qtmodels": Rule(("qtmodels", "core", "session"), (*WIDGETS, *TENSORFLOW)),
    "ui": Rule(("ui", "core", "session", "workers", "qtmodels"), (*TENSORFLOW, "sqlite3")),
    "cli": Rule(("cli", "core", "ml", "session"), (*QT, *TENSORFLOW, "sqlite3")),
    "launch": Rule(("launch", "app"), (*TENSORFLOW, "PySide6")),
    "app": Rule(
        ("app", "launch", "core", "session", "workers", "qtmodels", "ui", "cli"), TENSORFLOW
    ),
    "__main__": Rule(("cli",), (*QT, *TENSORFLOW, "sqlite3")),
    "": Rule((), (*QT, *TENSORFLOW, "sqlite3")),
}


@dataclass(frozen=True)
class Import:
    """One imported module, absolute, and whether it is imported inside a function."""

    target: str
    line: int
    lazy: bool


def imports_of(source: str, module: str, is_package: bool = False) -> list[Import]:
    """All imports of a module's source, wherever they stand."""
    tree = ast.parse(source)
    lazy_nodes = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(outer)
    }
    found = []
    for node in ast.walk(tree):
        for target in _targets(node, module, is_package):
            found.append(Import(target, getattr(node, "lineno", 0), id(node) in lazy_nodes))
    return found


def _targets(node: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = module.split(".")
            parts = parts[: len(parts) - node.level + is_package]
            base = ".".join([*parts, *([node.module] if node.module else [])])
        # `from nmrcam_qt import ml` imports nmrcam_qt.ml.
        yield from (f"{base}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call):
        yield from _called_import(node, module)


def _called_import(node: ast.Call, module: str) -> Iterator[str]:
    """`__import__`, `import_module` and `run_module`, with a literal or without."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in ("__import__", "import_module", "run_module") or not node.args:
        return
    first = node.args[0]
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        yield "<not a literal>"
    elif first.value.startswith("."):
        yield ".".join([*module.split(".")[:-1], first.value.lstrip(".")])
    else:
        yield first.value


def layer_of(module: str) -> str:
    """Second part of a dotted name: nmrcam_qt.core.axis -> core."""
    return module.split(".")[1] if "." in module else ""


def _begins(target: str, prefix: str) -> bool:
    return target == prefix or target.startswith(prefix + ".")


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """Sentences about imports that the table forbids."""
    layer = layer_of(module)
    rule = RULES.get(layer)
    if rule is None:
        return [f"{module}: the layer {layer!r} is not in the table"]
    said = []
    for imported in imports_of(source, module, is_package):
        reason = _reason(imported, module, layer, rule)
        if reason:
            said.append(f"{module}:{imported.line}: {imported.target} {reason}")
    return said


def _reason(imported: Import, module: str, layer: str, rule: Rule) -> str:
    target = imported.target
    if target == "<not a literal>":
        return "is computed, so nobody can check it"
    if any(_begins(target, name) for name in rule.never):
        return f"must never be imported by {layer or 'the package'}"
    if _begins(target, "rdkit"):
        home = any(_begins(module.removeprefix("nmrcam_qt."), name) for name in RDKIT_HOMES)
        return "" if home and imported.lazy else "lazily and in its own two modules only"
    return _reason_ours(imported, layer, rule) if _begins(target, "nmrcam_qt") else ""


def _reason_ours(imported: Import, layer: str, rule: Rule) -> str:
    theirs = layer_of(imported.target)
    if theirs in OURS and theirs not in rule.ours:
        return f"belongs to {theirs}, which {layer or 'the package'} may not import"
    if layer == "workers" and theirs == "ml" and not imported.lazy:
        return "inside functions only"
    return ""


def modules() -> list[tuple[str, Path]]:
    """Dotted name and path of every module of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append((".".join(p for p in parts if p != "__init__"), path))
    return found


def test_no_module_breaks_the_table() -> None:
    said = []
    for name, path in modules():
        said += violations(path.read_text("utf-8"), name, path.name == "__init__.py")
    assert not said, "\n" + "\n".join(said)


def test_the_package_was_found() -> None:
    names = {name for name, _ in modules()}
    assert {"nmrcam_qt.core.axis", "nmrcam_qt.ml.batch", "nmrcam_qt.cli.main"} <= names


def long_functions(source: str) -> list[str]:
    """Functions over the limit; a docstring is no code, so its lines do not count."""
    said = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = (node.end_lineno or 0) - node.lineno + 1
        first = node.body[0]
        if ast.get_docstring(node) is not None:
            lines -= (first.end_lineno or 0) - first.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            said.append(f"{node.name} has {lines} lines")
    return said


def test_modules_and_functions_are_short() -> None:
    said = []
    for name, path in modules():
        text = path.read_text("utf-8")
        count = len(text.splitlines())
        if count > MAX_LINES:
            said.append(f"{name} has {count} lines")
        said += [f"{name}: {problem}" for problem in long_functions(text)]
    assert not said, "\n" + "\n".join(said)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("nmrcam_qt.core.axis", "import PySide6"),
        ("nmrcam_qt.core.axis", "from PySide6.QtCore import QObject"),
        ("nmrcam_qt.core.axis", "def f():\n    import keras.layers"),
        ("nmrcam_qt.core.axis", "import importlib\nimportlib.import_module('tensorflow')"),
        ("nmrcam_qt.core.axis", "from importlib import import_module\nimport_module('jax.numpy')"),
        ("nmrcam_qt.core.axis", "__import__('sqlite3')"),
        ("nmrcam_qt.core.axis", "name = 'x'\n__import__(name)"),
        ("nmrcam_qt.core.axis", "from nmrcam_qt import ml"),
        ("nmrcam_qt.core.axis", "from nmrcam_qt.ml import batch"),
        ("nmrcam_qt.core.axis", "from .. import ml"),
        ("nmrcam_qt.core.axis", "from ..ml.batch import run_batch"),
        ("nmrcam_qt.core.axis", "from rdkit import Chem"),
        ("nmrcam_qt.core.simulate", "from rdkit import Chem"),
        ("nmrcam_qt.core.simulator", "def f():\n    from rdkit import Chem"),
        ("nmrcam_qt.ml.network", "import sqlite3"),
        ("nmrcam_qt.ml.network", "from nmrcam_qt.session import store"),
        ("nmrcam_qt.session.store", "import tensorflow as tf"),
        ("nmrcam_qt.session.store", "from ..ui import window"),
        ("nmrcam_qt.workers.jobs", "from nmrcam_qt.ml import batch"),
        ("nmrcam_qt.workers.jobs", "from PySide6 import QtWidgets"),
        ("nmrcam_qt.workers.jobs", "import pyqtgraph as pg"),
        ("nmrcam_qt.qtmodels.list", "from PySide6.QtWidgets import QListView"),
        ("nmrcam_qt.ui.window", "from nmrcam_qt.ml.batch import Job"),
        (
            "nmrcam_qt.ui.window",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nmrcam_qt.ml.batch",
        ),
        ("nmrcam_qt.ui.window", "import sqlite3"),
        ("nmrcam_qt.cli.main", "from PySide6 import QtCore"),
        ("nmrcam_qt.cli.main", "from nmrcam_qt.workers import jobs"),
        ("nmrcam_qt.cli.main", "import tensorflow"),
        ("nmrcam_qt.app", "from nmrcam_qt.ml import registry"),
        ("nmrcam_qt", "import PySide6"),
        ("nmrcam_qt.elsewhere.thing", "x = 1"),
    ],
)
def test_a_violation_is_caught(module: str, source: str) -> None:
    assert violations(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("nmrcam_qt.core.axis", "import numpy\nfrom .spectrum import Image\nfrom . import cards"),
        ("nmrcam_qt.core.simulate", "def f():\n    from rdkit import Chem"),
        ("nmrcam_qt.core.simulate.structures", "def f():\n    from rdkit import Chem"),
        ("nmrcam_qt.ml.network", "import keras\nfrom nmrcam_qt.core.axis import Axis"),
        ("nmrcam_qt.session.store", "import sqlite3"),
        ("nmrcam_qt.workers.jobs", "def f():\n    from nmrcam_qt.ml import batch"),
        ("nmrcam_qt.workers.jobs", "from PySide6.QtCore import QThread"),
        ("nmrcam_qt.cli.main", "from nmrcam_qt import __version__\nfrom nmrcam_qt.ml import batch"),
        ("nmrcam_qt.app", "from nmrcam_qt.ui.window import Window\nimport PySide6.QtWidgets"),
        ("nmrcam_qt.ui.window", "'import tensorflow'  # text is no import"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    assert violations(source, module) == []


def test_a_relative_import_of_a_package_is_resolved() -> None:
    assert imports_of("from . import ml", "nmrcam_qt", is_package=True)[0].target == "nmrcam_qt.ml"
    assert violations("from ..ml import batch", "nmrcam_qt.core", is_package=True)


def test_a_long_function_is_caught() -> None:
    body = "\n".join(f"    x = {i}" for i in range(MAX_FUNCTION_LINES))
    assert long_functions(f"def f():\n{body}\n") == [f"f has {MAX_FUNCTION_LINES + 1} lines"]
    doc = '    """' + "\n" * MAX_FUNCTION_LINES + '    """\n'
    assert long_functions(f"def f():\n{doc}    return 1\n") == []
