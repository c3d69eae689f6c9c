"""Check the house's sizes: modules of at most 300 lines, functions of at most 40, and a broad `except` at the two task boundaries only."""

import ast
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

ROOT: Final = pathlib.Path(__file__).resolve().parent.parent
LONGEST_MODULE: Final = 300
LONGEST_FUNCTION: Final = 40
TASK_BOUNDARIES: Final = frozenset({"operator/citycloud/__main__.py", "operator/citycloud/engine/workers.py"})


def faults(*, name: str, text: str) -> Iterator[str]:
    """Name every fault of one module."""
    lines = text.count("\n")
    if lines > LONGEST_MODULE:
        yield f"{name}: {lines} lines, at most {LONGEST_MODULE}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{name}:{node.lineno}: {node.name} has {length} lines, at most {LONGEST_FUNCTION}"
        elif isinstance(node, ast.ExceptHandler) and _is_broad(node) and name not in TASK_BOUNDARIES:
            yield f"{name}:{node.lineno}: a broad except outside the task boundaries"


def _is_broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException"))


def main() -> int:
    """Check every module that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = [fault for name in sorted(set(listed.stdout.split())) for fault in faults(name=name, text=(ROOT / name).read_text())]
    print("\n".join(found) or "house: in order", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
