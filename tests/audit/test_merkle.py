"""The tree against the published vectors of RFC 9162, and against itself."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import BadProof, Growing, Tree, check_consistency, check_inclusion, hash_leaf, root_of

VECTORS = Path(__file__).parents[1] / "data/tlog"


def _vectors(kind: str) -> list[Any]:
    found: list[Any] = json.loads((VECTORS / f"{kind}.json").read_text("utf-8"))
    return found


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _holds(check: Any, *arguments: Any) -> bool:
    try:
        check(*arguments)
    except BadProof:
        return False
    return True


def test_the_published_inclusion_vectors_are_accepted_and_refused_as_they_say() -> None:
    vectors = _vectors("inclusion")
    assert len(vectors) > 50
    for case in vectors:
        proof = [_bytes(step) for step in case["proof"] or ()]
        found = _holds(
            check_inclusion,
            _bytes(case["leafHash"]),
            case["leafIdx"],
            case["treeSize"],
            proof,
            _bytes(case["root"]),
        )
        assert found is not case["wantErr"], case["desc"]


def test_the_published_consistency_vectors_are_accepted_and_refused_as_they_say() -> None:
    vectors = _vectors("consistency")
    assert len(vectors) > 50
    for case in vectors:
        proof = [_bytes(step) for step in case["proof"] or ()]
        roots = (_bytes(case["root1"]), _bytes(case["root2"]))
        found = _holds(check_consistency, case["size1"], case["size2"], proof, *roots)
        assert found is not case["wantErr"], (case["desc"], case)


def _tree(leaves: list[bytes]) -> Tree:
    stored: dict[tuple[int, int], bytes] = {}

    def keep(height: int, place: int, node: bytes) -> None:
        stored[height, place] = node

    growing = Growing(keep)
    for leaf in leaves:
        growing.add(leaf)
    return Tree(lambda first, count: leaves[first : first + count], lambda h, p: stored.get((h, p)))


def _leaves(n: int) -> list[bytes]:
    return [sha256(str(place).encode()).digest() for place in range(n)]


@given(size=st.integers(1, 700), data=st.data())
def test_every_proof_of_a_tree_holds_and_no_other_does(size: int, data: st.DataObject) -> None:
    leaves = _leaves(size)
    tree, root = _tree(leaves), root_of(leaves)
    assert tree.root(size) == root
    place = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(place, size)
    assert len(proof) <= max(1, size.bit_length())
    check_inclusion(hash_leaf(leaves[place]), place, size, proof, root)
    assert not _holds(check_inclusion, hash_leaf(b"another"), place, size, proof, root)
    assert not _holds(check_inclusion, hash_leaf(leaves[place]), place, size, [*proof, root], root)
    old = data.draw(st.integers(1, size))
    steps = tree.consistency(old, size)
    check_consistency(old, size, steps, root_of(leaves[:old]), root)
    assert not _holds(check_consistency, old, size, steps, hash_leaf(b"another"), root)


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
