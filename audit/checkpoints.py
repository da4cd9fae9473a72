"""Making checkpoints, and giving proofs from stored subtrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.merkle import TILE_BITS, Tree, hash_pair
from audit.notes import Checkpoint, signed
from store import checkpoints, events, leaves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from audit.notes import Signer
    from store.checkpoints import Kept


def tree_of(session: Session) -> Tree:
    """Return the history's tree; what it needs is looked up when it is asked for."""
    return Tree(
        lambda first, count: leaves.hashes(session, first, count),
        lambda height, place: checkpoints.node(session, height, place),
        events.algorithm(session),
    )


def make(session: Session, signers: Sequence[Signer], origin: str, at: datetime) -> Kept | None:
    """Sign the history as it is now and keep the checkpoint; nothing if it has not grown since the last."""
    size = leaves.size(session)
    last = checkpoints.latest(session)
    if not size or (last is not None and last.size >= size):
        return None
    store_nodes(session, size)
    tree = tree_of(session)
    checkpoint = Checkpoint(origin, size, tree.root(size), tree.algorithm)
    checkpoints.keep(session, size, checkpoint.root, signed(checkpoint.text(), signers), at)
    return checkpoints.latest(session)


def store_nodes(session: Session, size: int) -> None:
    """Store the subtrees that have become complete: 256 leaves each, then 256 of those, and so on."""
    tree = tree_of(session)
    height = TILE_BITS
    while size >> height:
        for place in range(checkpoints.stored_nodes(session, height), size >> height):
            checkpoints.keep_node(session, height, place, _complete(session, tree, height, place))
        height += TILE_BITS


def _complete(session: Session, tree: Tree, height: int, place: int) -> bytes:
    if height == TILE_BITS:
        return tree.subtree(height, place)
    first = place << TILE_BITS
    row = [checkpoints.node(session, height - TILE_BITS, first + n) or b"" for n in range(1 << TILE_BITS)]
    while len(row) > 1:
        row = [hash_pair(row[n], row[n + 1], tree.algorithm) for n in range(0, len(row), 2)]
    return row[0]
