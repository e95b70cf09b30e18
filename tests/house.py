"""Figures of the house: who imports whom, and how much stands where.

    python -m tests.house [FOLDER]

A room is a module, a floor a level of packages that only import from below, an arrow an import between two rooms,
whether it runs at once, inside a function or for types only; ``from package import module`` points to the module.
A circle is a set of rooms, or of neighbours in one package, that import each other. Imports whose names are made of
texts are not seen here; ruff bans them.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

LONG_FUNCTION, LONG_MODULE = 40, 400  # lines
Arrows = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Room:
    """A module: its imports as written, and its lines."""

    name: str
    imports: frozenset[str]
    """Dotted names, each as it would be found: of ``from a import b`` this is ``a.b``."""
    lines: int
    code: int
    """Lines with something other than comments and docstrings on them."""
    docstrings: int
    long_functions: tuple[str, ...]
    """Functions of more than 40 lines, their docstrings not counted."""


def rooms_of(folder: Path) -> dict[str, Room]:
    """Rooms of a package by their dotted names."""
    rooms = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        package = parts[:-1]
        name = ".".join(package if parts[-1] == "__init__" else parts)
        rooms[name] = _room(name, package, path.read_text(encoding="utf-8"))
    return rooms


def _room(name: str, package: tuple[str, ...], text: str) -> Room:
    tree = ast.parse(text)
    prose = set().union(*(_docstring_lines(node) for node in ast.walk(tree)))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return Room(
        name=name,
        imports=frozenset(_imports(tree, package)),
        lines=len(text.splitlines()),
        code=len(_code_lines(text) - prose),
        docstrings=len(prose),
        long_functions=tuple(node.name for node in functions if _length(node) > LONG_FUNCTION),
    )


def _imports(tree: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _docstring_lines(node: ast.AST) -> set[int]:
    """Lines of texts that stand as statements: docstrings of modules, classes, functions and attributes."""
    body = getattr(node, "body", None)
    texts = [
        part.value
        for part in (body if isinstance(body, list) else [])
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)
    ]
    return {line for part in texts for line in range(part.lineno, (part.end_lineno or part.lineno) + 1)}


def _code_lines(text: str) -> set[int]:
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {line for part in tokens if part.type not in blank for line in range(part.start[0], part.end[0] + 1)}


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1 - len(_docstring_lines(node))


def arrows_of(rooms: Mapping[str, Room]) -> Arrows:
    """Rooms that each room imports; what is taken from a room counts as that room."""

    def home(name: str) -> str | None:
        while name and name not in rooms:
            name = name.rpartition(".")[0]
        return name or None

    homes = {name: {home(target) for target in room.imports} - {None, name} for name, room in rooms.items()}
    return {name: frozenset(targets) for name, targets in homes.items()}


def neighbours(arrows: Arrows, package: str) -> Arrows:
    """The same arrows between what stands directly in a package: its modules and packages, each with all it holds."""
    level = package.count(".") + 2
    inside = package + "."
    merged: dict[str, set[str]] = defaultdict(set)
    for name, targets in arrows.items():
        if name.startswith(inside):
            source = ".".join(name.split(".")[:level])
            merged[source] |= {
                ".".join(target.split(".")[:level]) for target in targets if target.startswith(inside)
            } - {source}
    return {name: frozenset(targets) for name, targets in merged.items()}


def circles(arrows: Arrows) -> list[list[str]]:
    """Sets of names that reach each other along the arrows."""
    beyond = {name: _reached(arrows, name) for name in arrows}
    groups = {
        frozenset(other for other in beyond[name] if name in beyond[other]) for name in arrows if name in beyond[name]
    }
    return sorted(sorted(group) for group in groups)


def _reached(arrows: Arrows, start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(arrows[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += arrows[name]
    return reached


def all_circles(rooms: Mapping[str, Room]) -> list[list[str]]:
    """Circles of rooms, and of neighbours in each package."""
    arrows = arrows_of(rooms)
    packages = {name.rpartition(".")[0] for name in rooms} - {""}
    rings = circles(arrows) + [ring for package in sorted(packages) for ring in circles(neighbours(arrows, package))]
    return sorted({tuple(ring): ring for ring in rings}.values())


def floors(arrows: Arrows) -> dict[str, int]:
    """Floor of each name: 0 where nothing is imported, else one above the highest that is. Arrows without circles."""
    known: dict[str, int] = {}

    def floor(name: str) -> int:
        if name not in known:
            known[name] = max((floor(target) + 1 for target in arrows[name]), default=0)
        return known[name]

    return {name: floor(name) for name in arrows}


def table(rooms: Mapping[str, Room]) -> list[str]:
    """Figures by package, from the highest floor down, and what is long."""
    root = min(rooms, key=len)
    arrows, rings = arrows_of(rooms), all_circles(rooms)
    level = {} if rings else floors(neighbours(arrows, root))
    groups: dict[str, list[Room]] = defaultdict(list)
    for name, room in rooms.items():
        groups[".".join(name.split(".")[:2])].append(room)
    head = f"{'package':<26}{'floor':>6}{'rooms':>7}{'arrows':>8}{'code':>8}{'prose':>8}{'long f.':>9}{'long m.':>9}"
    lines = [head]
    for name in sorted(groups, key=lambda name: (-level.get(name, 99), name)):
        floor = str(level[name]) if name in level else "-"
        lines.append(f"{name:<26}{floor:>6}{_figures(groups[name], arrows)}")
    count = str(max(level.values()) + 1) if level else "-"
    lines += [f"{'all':<26}{count:>6}{_figures(list(rooms.values()), arrows)}", "", f"circles: {len(rings)}"]
    lines += ["  " + " <-> ".join(ring) for ring in rings]
    lines += [f"{room.name}: {room.lines} lines" for room in rooms.values() if room.lines > LONG_MODULE]
    return lines + [
        f"{room.name}.{name}: over {LONG_FUNCTION} lines" for room in rooms.values() for name in room.long_functions
    ]


def _figures(rooms: list[Room], arrows: Arrows) -> str:
    figures = (
        (7, len(rooms)),
        (8, sum(len(arrows[room.name]) for room in rooms)),
        (8, sum(room.code for room in rooms)),
        (8, sum(room.docstrings for room in rooms)),
        (9, sum(len(room.long_functions) for room in rooms)),
        (9, sum(room.lines > LONG_MODULE for room in rooms)),
    )
    return "".join(f"{figure:>{width},}" for width, figure in figures)


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "circle15"
    print("\n".join(table(rooms_of(given))))  # noqa: T201 - a script that prints a table
