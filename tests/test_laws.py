"""Laws of the design that need the source itself: import-linter (pyproject.toml) sees no submodules of libraries."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ["bot", "handlers", "scheduler", "actions", "documents", "storage", "policy", "gateway", "locales"]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


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


def made_up_system_viewers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name("Viewer"), attr="system"):
                line = node.lineno
            case ast.Call(func=ast.Name("Viewer")) if any(given.arg == "system_path" for given in node.keywords):
                line = node.lineno
            case _:
                continue
        yield line, "Viewer.system is made in bot/ and scheduler/ only (law 8): pass on who is asking"


OUTBOX_READS = {"NO_ACCOUNT", "REFRESH", "FETCH", "TAKE_BACK", "is_known", "last_told", "counts", "chat_of"}


def outbox_rows_of_their_own(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What is told to anybody, be it the speaker, is told by an action, which asks whether it may and leaves a trace."""
    what = "handlers/ put nothing into the outbox (law 8): an action does, by whom it is asked"
    for line, module, name in imports(tree):
        if module == "storage.outbox" and name not in OUTBOX_READS:
            yield line, what
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "outbox" and node.attr not in OUTBOX_READS:
            yield node.lineno, what


LAWS: list[tuple[Callable[[ast.AST], Iterator[tuple[int, str]]], list[str], str]] = [
    (beyond_the_standard_library, ["policy"], "from holidays import China"),
    (more_than_the_session_type, ["actions"], "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine"),
    (caught_integrity_errors, [*ROOMS, "bench", "tests"], "try: ...\nexcept (OSError, exc.IntegrityError): ..."),
    (
        made_up_system_viewers,
        [room for room in ROOMS if room not in {"bot", "scheduler"}],
        "plan(session, by=Viewer.system())",
    ),
    (outbox_rows_of_their_own, ["handlers"], "await outbox.put(session, 'paper', to=7, key='paper', now=now)"),
]


@pytest.mark.parametrize("law, rooms, breach", LAWS, ids=[law.__name__ for law, _, _ in LAWS])
def test_the_law_is_kept(law: Callable[[ast.AST], Iterator[tuple[int, str]]], rooms: list[str], breach: str) -> None:
    assert len(list(law(ast.parse(breach)))) == 1, "the check itself is blind"
    sources = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    assert sources, "nothing was checked"
    broken = [f"{path.relative_to(ROOT)}:{line}: {what}" for path in sources for line, what in law(parsed(path))]
    assert not broken, "\n".join(broken)


def test_no_magic_filter_on_messages():
    """aiogram runs `F.text` in a thread: a hop for each message. `handlers.filters` has filters that are not."""
    magic = re.compile(r"@router\.message\([^\n]*\bF\.")
    found = [str(path) for path in (ROOT / "handlers").glob("*.py") if magic.search(path.read_text("utf-8"))]
    assert found == []


# -- every action asks whether it may (law 8) -----------------------------------------------------------------------

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """The functions of a module, and what its names stand for: `report` or `rows.get` → `storage.trips.get`."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._tree = tree
        self.functions: dict[str, Function] = {}
        self._names: dict[str, str] = {}
        for node in tree.body:
            if isinstance(node, Function):
                self.functions[f"{name}.{node.name}"] = node
                self._names[node.name] = f"{name}.{node.name}"
        for found in ast.walk(tree):
            if isinstance(found, ast.ImportFrom):
                self._names |= {(a.asname or a.name): f"{found.module}.{a.name}" for a in found.names}

    def mentioned(self) -> set[str]:
        """Everything that a module names, by full name where it is known here: called, or handed on."""
        found = set()
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Attribute | ast.Name):
                first, _, rest = ast.unparse(node).partition(".")
                found.add(self._names.get(first, first) + (f".{rest}" if rest else ""))
        return found

    def called(self, function: Function) -> set[str]:
        """What a function calls, by full name where it is known here."""
        found = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                first, _, rest = ast.unparse(node.func).partition(".")
                found.add(self._names.get(first, first) + (f".{rest}" if rest else ""))
        return found


def refuses(function: Function) -> bool:
    """Whether a function says no itself: what only the software may do, or each about himself."""
    raised = [ast.unparse(node.exc) for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc]
    return any(what.startswith("Refusal(Code.NOT_ALLOWED") for what in raised)


def unguarded(modules: dict[str, Module]) -> list[str]:
    """The public actions with a `by` that reach neither `require` nor a refusal of their own, whatever they call."""
    calls = {name: module.called(f) for module in modules.values() for name, f in module.functions.items()}
    guarded = {name for module in modules.values() for name, f in module.functions.items() if refuses(f)}
    guarded.add("policy.authority.require")
    while more := {name for name, called in calls.items() if name not in guarded and called & guarded}:
        guarded |= more
    actions = [
        name
        for module in modules.values()
        for name, f in module.functions.items()
        if name.startswith("actions.")
        and isinstance(f, ast.AsyncFunctionDef)
        and not f.name.startswith("_")
        and "by" in _parameters(f)
    ]
    assert actions, "nothing was checked"
    return sorted(set(actions) - guarded)


NOBODYS = {f"actions.start.{name}" for name in ("meet", "count_wrong", "check_tries", "accept", "disown")} | {
    "actions.sample.create"
}
"""Actions before anybody is known: whoever has a token, and the sample of an empty database (law 8)."""


def unasked(actions: dict[str, Module], others: dict[str, Module]) -> list[str]:
    """Public coroutines of actions/ that lack a `by` and are no mere part of an action: another room calls them."""
    public = {
        name
        for module in actions.values()
        for name, f in module.functions.items()
        if isinstance(f, ast.AsyncFunctionDef) and not f.name.startswith("_") and "by" not in _parameters(f)
    }
    return sorted(f"{name} in {room}" for room, module in others.items() for name in module.mentioned() & public)


def _parameters(function: Function) -> set[str]:
    return {given.arg for given in [*function.args.args, *function.args.kwonlyargs]}


def test_the_check_of_actions_without_anybody_sees_what_it_must():
    actions = {
        "actions.leave": Module(
            "actions.leave",
            ast.parse(
                "async def part(session): ...\nasync def open(session): ...\nasync def end(session, *, by): ...\n"
                "async def chore(session): ...\nasync def _own(session): ...\ndef pure(): ..."
            ),
        )
    }
    others = {
        "handlers.leave": "from actions import leave as rows\nfrom actions.leave import open\n"
        "async def on(turn):\n    await open(turn)\n    await rows.end(turn, by=turn.viewer)\n    rows.pure()",
        "bot.chores": "from actions import leave\nSTEPS = {'leave': leave.chore}",
    }
    found = unasked(actions, {name: Module(name, ast.parse(source)) for name, source in others.items()})
    assert found == ["actions.leave.chore in bot.chores", "actions.leave.open in handlers.leave"]


def test_what_other_rooms_ask_of_actions_is_asked_by_somebody():
    """A public coroutine of actions/ without a `by` is a part of actions; nobody else may call it."""
    found = {
        name: Module(name, parsed(path))
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if (name := ".".join(path.relative_to(ROOT).with_suffix("").parts))
    }
    actions = {name: module for name, module in found.items() if name.startswith("actions.")}
    others = {name: module for name, module in found.items() if not name.startswith("actions.")}
    broken = [line for line in unasked(actions, others) if line.split(" in ")[0] not in NOBODYS]
    assert broken == []


def test_the_check_of_actions_sees_what_it_must():
    sources = {
        "storage.leave": "from policy.authority import require\n"
        "async def get(session, viewer): require(viewer)\nasync def bare(session): ...",
        "actions.leave": "from storage import leave as rows\nfrom policy.authority import require as must\n"
        "async def decide(session, *, by): await _checked(session, by)\n"
        "async def _checked(session, by): await rows.get(session, by)\n"
        "async def end(session, *, by): must(by)\n"
        "async def thin(session, *, by):\n    if by: raise Refusal(Code.NOT_ALLOWED, '三（一）')\n"
        "async def forgot(session, *, by): await rows.bare(session)\n"
        "async def says_no(session, *, by): raise Refusal(Code.NOT_FOUND)\n"
        "async def own(session): ...",
    }
    seen = {name: Module(name, ast.parse(source)) for name, source in sources.items()}
    assert unguarded(seen) == ["actions.leave.forgot", "actions.leave.says_no"]


def test_every_action_asks_whether_it_may():
    """By person and by area, each time (laws 6 and 8): by `require`, or in what it calls."""
    paths = [path for room in ("actions", "storage") for path in sorted((ROOT / room).rglob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    found = {name: Module(name, parsed(path)) for name, path in zip(names, paths, strict=True)}
    assert unguarded(found) == []
