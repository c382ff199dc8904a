"""Laws of the design that need the source itself: import-linter (pyproject.toml) sees no submodules of libraries."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ["bot", "handlers", "scheduler", "actions", "documents", "storage", "policy", "gateway", "locales"]


def imports(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Line, module and name of everything imported; the name is empty for `import module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def beyond_the_standard_library(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for line, module, _ in imports(tree):
        if module.split(".", maxsplit=1)[0] not in {*sys.stdlib_module_names, "policy"}:
            yield line, f"policy/ imports only the standard library, not {module}"


def more_than_the_session_type(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for line, module, name in imports(tree):
        if module.split(".", maxsplit=1)[0] == "sqlalchemy" and (module, name) != (
            "sqlalchemy.ext.asyncio",
            "AsyncSession",
        ):
            yield (
                line,
                f"actions/ takes only AsyncSession from sqlalchemy, not {module} {name}; the query belongs in storage/",
            )


def caught_integrity_errors(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}
            caught |= {part.attr for part in ast.walk(node.type) if isinstance(part, ast.Attribute)}
            if "IntegrityError" in caught:
                yield node.lineno, "nobody catches IntegrityError (law 2): check before writing"


LAWS: list[tuple[Callable[[ast.AST], Iterator[tuple[int, str]]], list[str], str]] = [
    (beyond_the_standard_library, ["policy"], "from holidays import China"),
    (more_than_the_session_type, ["actions"], "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine"),
    (caught_integrity_errors, [*ROOMS, "bench", "tests"], "try: ...\nexcept (OSError, exc.IntegrityError): ..."),
]


@pytest.mark.parametrize("law, rooms, breach", LAWS, ids=[law.__name__ for law, _, _ in LAWS])
def test_the_law_is_kept(law: Callable[[ast.AST], Iterator[tuple[int, str]]], rooms: list[str], breach: str) -> None:
    assert len(list(law(ast.parse(breach)))) == 1, "the check itself is blind"
    sources = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    assert sources, "nothing was checked"
    broken = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in sources
        for line, what in law(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    ]
    assert not broken, "\n".join(broken)


def test_no_magic_filter_on_messages():
    """aiogram runs `F.text` in a thread: a hop for each message. `handlers.filters` has filters that are not."""
    magic = re.compile(r"@router\.message\([^\n]*\bF\.")
    found = [str(path) for path in (ROOT / "handlers").glob("*.py") if magic.search(path.read_text("utf-8"))]
    assert found == []
