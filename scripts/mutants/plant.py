"""Plant small changes in source files: print a random sample of mutants, one JSON object a line.

Runs in `.venv-mutants`. Cosmic Ray knows the operators; one of ours leaves an entry of a dictionary out, because our
rules are full of dictionaries of what an act changes. A site is a place in a file that one family of operators can
change. The sample is drawn from the sites, and each gives one change, so that a comparison, which can be changed in
seven ways, does not count seven times.

    .venv-mutants/bin/python scripts/mutants/plant.py --seed 20261128 --count 300 states/*.py
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

# Changes that cannot be told from the original by what the program does, or that need arguments of their own.
LEFT_OUT = re.compile(
    r"RemoveDecorator"  # caches, dataclasses that nobody compares otherwise: speed and protection, not rules
    r"|Variable(Replacer|Inserter)"  # want arguments
    r"|_(Is_Eq|Eq_Is|IsNot_NotEq|NotEq_IsNot)$"  # the same for None and for members of an enumeration
    r"|_Is(Not)?_(Lt|Gt)E?$"  # members of an enumeration have no order that anybody means
)


class ForgetEntry(Operator):  # type: ignore[misc]  # Cosmic Ray has no types
    """Leave one entry out of a dictionary or a set that is written out."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  # parso has no types
        """Yield a place for each entry that can be left out."""
        for entry in self._entries(node):
            yield entry[0].start_pos, entry[-1].end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ANN401  # parso has no types
        """Take the entry and its comma away."""
        gone = self._entries(node)[index]
        node.children = [child for child in node.children if all(child is not part for part in gone)]
        return node

    @staticmethod
    def _entries(node: Any) -> list[list[Any]]:  # noqa: ANN401  # parso has no types
        if node.type != "dictorsetmaker" or any(child.type.endswith("comp_for") for child in node.children):
            return []
        entries: list[list[Any]] = [[]]
        for child in node.children:
            entries[-1].append(child)
            if child.type == "operator" and child.value == ",":
                entries.append([])
        found = [entry for entry in entries if entry]
        return found if len(found) > 1 else []

    @classmethod
    def examples(cls) -> tuple[()]:
        """Return no examples: Cosmic Ray's own tests would want them."""
        return ()


def operators() -> Iterator[tuple[str, Operator]]:
    """Yield the operators that are used, each with its name."""
    for name in sorted(cosmic_ray.plugins.operator_names()):
        if not LEFT_OUT.search(name):
            yield name.removeprefix("core/"), cosmic_ray.plugins.get_operator(name)()
    yield "ForgetEntry", ForgetEntry()


def family(name: str) -> str:
    """Return what kind of place an operator changes: all comparisons are one family."""
    return re.sub(r"(?<=Operator)_.*|(?<=Replace)(True|False|And|Or|Break|Continue)With.*", "", name)


def silent_places(code: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the parts of a file that are no rule: annotations, decorators, and imports for the type checker alone."""
    found = []
    for node in ast.walk(ast.parse(code)):
        quiet: list[ast.expr | ast.stmt | None] = []
        if isinstance(node, (ast.arg, ast.AnnAssign)):
            quiet.append(node.annotation)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            # How large a cache is, whether a value has slots: speed and protection, not rules.
            quiet += node.decorator_list
            quiet.append(node.returns if isinstance(node, ast.FunctionDef) else None)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            quiet += [node, *node.body]
        found += [
            ((part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)) for part in quiet if part
        ]
    return found


def sites(path: Path) -> dict[tuple[str, str, tuple[int, int]], list[dict[str, Any]]]:
    """Return the changes that can be made in a file, by the place and the family of operators."""
    code = path.read_text("utf-8")
    tree, silent, lines = get_ast(code), silent_places(code), code.splitlines()
    found: dict[tuple[str, str, tuple[int, int]], list[dict[str, Any]]] = {}
    for name, operator in operators():
        places = [place for node in ast_nodes(tree) for place in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(places):
            # Parso counts columns in characters, ast in bytes: compare on lines with Chinese text by the byte.
            column = len(lines[start[0] - 1][: start[1]].encode())
            if any(first <= (start[0], column) < last for first, last in silent):
                continue
            change = {"file": str(path), "operator": name, "occurrence": occurrence, "line": start[0]}
            found.setdefault((str(path), family(name), tuple(start)), []).append(change | {"end": list(end)})
    return found


def mutated(change: dict[str, Any]) -> dict[str, Any]:
    """Return the change with the whole changed source, and its lines before and after."""
    code = Path(change["file"]).read_text("utf-8")
    operator = dict(operators())[change["operator"]]
    changed = mutate_code(code, operator, change["occurrence"])
    before, after = code.splitlines(), (changed or "").splitlines()
    same = next((place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0)
    tail = next(
        (
            place
            for place, pair in enumerate(zip(reversed(before), reversed(after), strict=False))
            if pair[0] != pair[1]
        ),
        0,
    )
    return change | {
        "code": changed,
        "before": "\n".join(before[same : len(before) - tail]).strip(),
        "after": "\n".join(after[same : len(after) - tail]).strip(),
    }


def main() -> None:
    """Print the sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("files", nargs="+", type=Path)
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)  # noqa: S311  # a sample that can be drawn again
    found: dict[tuple[str, str, tuple[int, int]], list[dict[str, Any]]] = {}
    for path in sorted(wanted.files):
        found |= sites(path)
    keys = sorted(found)
    for key in sorted(chance.sample(keys, min(wanted.count, len(keys)))):
        change = mutated(chance.choice(found[key]))
        if change["code"] is not None:
            sys.stdout.write(json.dumps(change, ensure_ascii=False) + "\n")
    sys.stderr.write(f"{len(keys)} sites\n")


if __name__ == "__main__":
    main()
