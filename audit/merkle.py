"""The Merkle tree of RFC 9162 §2.1 over the history: roots, proofs, and their verification. Pure.

A leaf is the 32-byte hash that seals an event. The hash function is that of the history, SHA-256 unless it says SM3.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from states.sealing import SHA256, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

EMPTY: Final = sha256(b"").digest()
"""The root of a tree without leaves, under SHA-256; its length is that of every hash here."""

TILE_BITS: Final = 8
"""Every complete subtree whose height is a multiple of this many levels is stored once it is complete."""


class BadProof(ValueError):  # noqa: N818  # a verdict, not a failure
    """A proof does not prove what it should."""


def hash_leaf(data: bytes, algorithm: str = SHA256) -> bytes:
    """Return the hash of a leaf."""
    return digest(algorithm)(b"\x00" + data).digest()


def hash_pair(left: bytes, right: bytes, algorithm: str = SHA256) -> bytes:
    """Return the hash of the node over two others."""
    return digest(algorithm)(b"\x01" + left + right).digest()


def empty(algorithm: str) -> bytes:
    """Return the root of a tree without leaves."""
    return digest(algorithm)(b"").digest()


class Growing:
    """A tree that grows leaf by leaf in constant memory: the roots of its complete subtrees, the largest first."""

    __slots__ = ("algorithm", "digest", "on_node", "peaks", "size")

    def __init__(self, on_node: Callable[[int, int, bytes], None] | None = None, algorithm: str = SHA256) -> None:
        """Begin with an empty tree. `on_node` is told (height, place, hash) of every stored subtree that completes."""
        self.algorithm = algorithm
        self.digest = digest(algorithm)
        self.size = 0
        self.peaks: list[bytes] = []
        self.on_node = on_node

    def add(self, leaf: bytes) -> None:
        """Add the leaf with this content."""
        hashed = self.digest
        node = hashed(b"\x00" + leaf).digest()
        place = self.size
        self.size = place + 1
        height = 0
        peaks = self.peaks
        while place & 1:
            node = hashed(b"\x01" + peaks.pop() + node).digest()
            place >>= 1
            height += 1
            if self.on_node is not None and height % TILE_BITS == 0:
                self.on_node(height, place, node)
        peaks.append(node)

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        if not self.peaks:
            return empty(self.algorithm)
        node = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            node = hash_pair(left, node, self.algorithm)
        return node


class Tree:
    """A tree whose complete subtrees are looked up: `leaves(first, count)` and `stored(height, place)`."""

    def __init__(
        self,
        leaves: Callable[[int, int], Sequence[bytes]],
        stored: Callable[[int, int], bytes | None],
        algorithm: str = SHA256,
    ) -> None:
        """Look leaves and stored subtrees up with these; nothing is read yet."""
        self.algorithm = algorithm
        self._leaves = leaves
        self._stored = stored
        self._known: dict[tuple[int, int], bytes] = {}

    def _node(self, height: int, place: int) -> bytes:
        """Return the root of the complete subtree of this height at this place."""
        found = self._known.get((height, place))
        if found is not None:
            return found
        if height and height % TILE_BITS == 0:
            found = self._stored(height, place)
        if found is None and height <= TILE_BITS:
            self._read_tile(place >> (TILE_BITS - height))
            found = self._known.get((height, place))
        if found is None:
            found = hash_pair(self._node(height - 1, 2 * place), self._node(height - 1, 2 * place + 1), self.algorithm)
        self._known[height, place] = found
        return found

    def _read_tile(self, tile: int) -> None:
        """Read the leaves of one tile and work out every complete subtree in it."""
        first = tile << TILE_BITS
        row = [hash_leaf(leaf, self.algorithm) for leaf in self._leaves(first, 1 << TILE_BITS)]
        place, height = first, 0
        while row:
            for offset, node in enumerate(row):
                self._known[height, place + offset] = node
            row = [hash_pair(row[i], row[i + 1], self.algorithm) for i in range(0, len(row) - 1, 2)]
            place >>= 1
            height += 1

    def _range(self, first: int, last: int) -> bytes:
        """Return the root over the leaves from `first` to before `last`; `first` is where a subtree begins."""
        count = last - first
        if count & (count - 1) == 0:
            height = count.bit_length() - 1
            return self._node(height, first >> height)
        split = first + _below(count)
        return hash_pair(self._range(first, split), self._range(split, last), self.algorithm)

    def subtree(self, height: int, place: int) -> bytes:
        """Return the root of the complete subtree of this height at this place, worked out from below."""
        return self._node(height, place)

    def root(self, size: int) -> bytes:
        """Return the root over the first `size` leaves."""
        return self._range(0, size) if size else empty(self.algorithm)

    def inclusion(self, leaf: int, size: int) -> list[bytes]:
        """Return the proof that the leaf at this place (from 0) is in the tree of this size, from the leaf upwards."""
        if not 0 <= leaf < size:
            raise BadProof(f"there is no leaf {leaf} in a tree of {size}")
        proof: list[bytes] = []
        first, last = 0, size
        while last - first > 1:
            split = first + _below(last - first)
            if leaf < split:
                proof.append(self._range(split, last))
                last = split
            else:
                proof.append(self._range(first, split))
                first = split
        return proof[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of size `new` begins with the tree of size `old`."""
        if not 0 < old <= new:
            raise BadProof(f"a tree of {new} cannot go on from one of {old}")
        proof: list[bytes] = []
        first, last, whole = 0, new, True
        while old != last - first:
            split = _below(last - first)
            if old <= split:
                proof.append(self._range(first + split, last))
                last = first + split
            else:
                proof.append(self._range(first, first + split))
                first, old, whole = first + split, old - split, False
        if not whole:
            proof.append(self._range(first, last))
        return proof[::-1]


def _below(count: int) -> int:
    """Return the largest power of two below `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over these leaves."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def check_inclusion(  # the inputs of the RFC's algorithm, in its order
    leaf_hash: bytes, leaf: int, size: int, proof: Sequence[bytes], root: bytes, algorithm: str = SHA256
) -> None:
    """Do nothing if the proof holds (RFC 9162 §2.1.3.2).

    Raises:
        BadProof: it does not.
    """
    if not 0 <= leaf < size:
        raise BadProof("the leaf is not in a tree of this size")
    if len(leaf_hash) != len(EMPTY) or len(root) != len(EMPTY):
        raise BadProof("a hash has another length")
    place, last, node = leaf, size - 1, leaf_hash
    for step in proof:
        if last == 0:
            raise BadProof("the proof is too long")
        if place & 1 or place == last:
            node = hash_pair(step, node, algorithm)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            node = hash_pair(node, step, algorithm)
        place >>= 1
        last >>= 1
    if last != 0:
        raise BadProof("the proof is too short")
    if node != root:
        raise BadProof("the proof leads to another root")


def check_consistency(  # noqa: C901, PLR0912  # RFC 9162 §2.1.4.2 in its order, to be read beside it
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes, algorithm: str = SHA256
) -> None:
    """Do nothing if the proof holds (RFC 9162 §2.1.4.2).

    Raises:
        BadProof: it does not.
    """
    if not 0 <= old <= new:
        raise BadProof("the tree has become smaller")
    if old == 0 and (new or old_root != empty(algorithm)):
        raise BadProof("an empty tree proves nothing of what came after")
    if old == new:
        if proof:
            raise BadProof("there is nothing to prove")
        if old_root != new_root:
            raise BadProof("the roots differ")
        return
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not proof or not steps:
        raise BadProof("the proof is empty")
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if place & 1 or place == last:
            before = hash_pair(step, before, algorithm)
            after = hash_pair(step, after, algorithm)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            after = hash_pair(after, step, algorithm)
        place >>= 1
        last >>= 1
    if last != 0:
        raise BadProof("the proof is too short")
    if before != old_root:
        raise BadProof("the proof leads to another old root")
    if after != new_root:
        raise BadProof("the proof leads to another new root")
