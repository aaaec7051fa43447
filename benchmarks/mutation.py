"""Do the tests of the decision notice when its code is changed? One small change at a time, and who survives.

``python -m benchmarks.mutation [MODULE ...]``

Each *mutant* is the module with one comparison, operator, constant, name or branch changed. It dies when a test fails:
first a case of the decision matrix, then, where it lives on, a test of standing, of asking, of the second evaluator or
of the minimum. Mutants run in forked processes, two at a time; no file is changed. Annotations, docstrings and imports
are left alone.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml

import matching.countries
import symbolon.rpc.certificates

MODULES = ("agreements.decision", "agreements.rules", "agreements.conditions", "agreements.standing")
MORE = ("test_decision.py", "test_standing.py", "test_asking.py", "test_decision_laws.py")
ONLY = "test_decision.py or standing or asking or second_evaluator or minimum"
AT_ONCE = 2
LONGEST_SECONDS = 300
LOADED = (hypothesis, yaml, matching.countries, symbolon.rpc.certificates)  # before forking: each starts at once

_COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_NAMED = {"min": "max", "max": "min", "any": "all", "all": "any"}


def mutants(source: str) -> Iterator[tuple[int, str, ast.Module]]:
    """Give every mutant: its line, what was changed, and its tree."""
    tree = ast.parse(source)
    silent = _silent(tree)
    for place, element in enumerate(list(ast.walk(tree))):
        if id(element) in silent:
            continue
        for number, _ in enumerate(_changes(element)):
            mutant = copy.deepcopy(tree)
            twin = list(ast.walk(mutant))[place]
            said, change = list(_changes(twin))[number]
            change()
            line = getattr(element, "lineno", 0)
            if ast.unparse(mutant) != ast.unparse(tree):
                yield line, said, ast.fix_missing_locations(mutant)


def _silent(tree: ast.Module) -> set[int]:
    """Give what no test of behaviour can see: annotations of fields, and how a dataclass is made."""
    found = set()
    for element in ast.walk(tree):
        parts = [element.annotation] if isinstance(element, ast.AnnAssign) else getattr(element, "decorator_list", [])
        found |= {id(inner) for part in parts for inner in ast.walk(part)}
    return found


def _changes(element: ast.AST) -> Iterator[tuple[str, Any]]:
    """Give what may be changed in one element of the tree, and how."""
    match element:
        case ast.Compare():
            for number, operator in enumerate(element.ops):
                if other := _COMPARED.get(type(operator)):
                    yield f"{type(operator).__name__} -> {other.__name__}", _setter(element.ops, number, other())
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign():
            if other := _COMPARED.get(type(element.op)):
                yield f"{type(element.op).__name__} -> {other.__name__}", _setter(element, "op", other())
        case ast.Constant(value=bool() as value):
            yield "the other truth", _setter(element, "value", not value)
        case ast.Constant(value=int(value)):
            yield "one more", _setter(element, "value", value + 1)
        case ast.Constant(value=str(value)):
            yield "another text", _setter(element, "value", value + "X")
        case ast.IfExp():
            yield "always the first", _setter(element, "test", ast.Constant(True))
            yield "always the second", _setter(element, "test", ast.Constant(False))
        case ast.If():
            yield "always", _setter(element, "test", ast.Constant(True))
            yield "never", _setter(element, "test", ast.Constant(False))
        case ast.Name(id=name) if name in _NAMED:
            yield f"{name} -> {_NAMED[name]}", _setter(element, "id", _NAMED[name])
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "nothing returned", _setter(element, "value", ast.Constant(None))


def _setter(target: Any, name: Any, value: Any) -> Any:
    return lambda: target.__setitem__(name, value) if isinstance(target, list) else setattr(target, name, value)


def _without_words(source: str) -> str:
    """Give the source without docstrings, annotations and exported names, which no test of behaviour can see."""
    tree = ast.parse(source)
    for element in ast.walk(tree):
        if isinstance(element, ast.Module | ast.FunctionDef | ast.ClassDef):
            element.body = [one for one in element.body if not _is_word(one)] or [ast.Pass()]
        if isinstance(element, ast.FunctionDef):
            element.returns = None
        if isinstance(element, ast.arg):
            element.annotation = None
    return ast.unparse(ast.fix_missing_locations(tree))


def _is_word(one: ast.stmt) -> bool:
    return ast.unparse(one).startswith(("'", '"', "__all__ ="))


def survives(module: str, mutant: ast.Module) -> bool:
    """Run the tests on a mutant in a process of its own; one that takes too long does not survive."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST_SECONDS)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        try:
            spec = importlib.util.find_spec(module)
            loaded = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
            sys.modules[module] = loaded
            exec(compile(mutant, module, "exec"), loaded.__dict__)  # noqa: S102  # our own code, changed on purpose
            matrix = importlib.import_module("tests.decisions.test_matrix")
            for case in matrix.CASES:
                matrix.test_it_is_decided_as_the_matrix_says(case)
            tests = [f"tests/unit/{name}" for name in MORE]
            os._exit(int(pytest.main(["-x", "--assert=plain", "-p", "no:cacheprovider", "-k", ONLY, *tests])))
        except BaseException:  # noqa: BLE001  # a mutant that cannot even be loaded is noticed
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def measure(module: str) -> tuple[int, list[str]]:
    """Give how many mutants of a module there are, and which survive."""
    source = _without_words(Path(module.replace(".", "/") + ".py").read_text(encoding="utf-8"))
    assert survives(module, ast.parse(source)), "the tests fail without any change"
    found = list(mutants(source))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lives = list(pool.map(lambda one: survives(module, one[2]), found))
    left = [(line, said) for (line, said, _), alive in zip(found, lives, strict=True) if alive]
    return len(found), [f"{source.splitlines()[line - 1].strip()}  [{said}]" for line, said in left]


def main() -> None:
    """Measure and print."""
    for module in sys.argv[1:] or MODULES:
        count, alive = measure(module)
        print(f"{module}: {count - len(alive)} of {count} killed", *alive, sep="\n  survives: ")


if __name__ == "__main__":
    main()
