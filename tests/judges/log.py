"""Judge checkpoints and proofs with programs of others: sigstore, pymerkle, libsodium. `test_judges` runs it.

Takes a JSON document on stdin, prints what was accepted, and fails at the first thing that is not.
"""

from __future__ import annotations

import base64
import json
import sys
from types import SimpleNamespace

from nacl.signing import VerifyKey
from pymerkle import InmemoryTree
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import verify_checkpoint


class Keyring:
    """Public keys as sigstore asks them, checked by libsodium."""

    def __init__(self, vkey: str) -> None:
        """Take a key as `name+id+key`."""
        _name, id_, encoded = vkey.split("+", 2)
        self.id = bytes.fromhex(id_)
        self.key = VerifyKey(base64.b64decode(encoded)[1:])

    def verify(self, *, key_id: bytes, signature: bytes, data: bytes) -> None:
        """Raise unless the key with this id has signed the data."""
        if key_id != self.id:
            raise ValueError(key_id)
        self.key.verify(data, signature)


def main() -> None:
    """Judge what stands on stdin."""
    given = json.load(sys.stdin)
    keyring = Keyring(given["key"])
    for proof in given["proofs"]:
        inclusion = SimpleNamespace(
            log_index=proof["leaf_index"],
            tree_size=proof["tree_size"],
            hashes=[bytes.fromhex(step) for step in proof["proof"]],
            root_hash=bytes.fromhex(proof["root"]),
            checkpoint=SimpleNamespace(envelope=proof["checkpoint"]),
        )
        body = bytes.fromhex(proof["leaf"])
        inner = SimpleNamespace(
            inclusion_proof=inclusion, canonicalized_body=body, log_id=SimpleNamespace(key_id=keyring.id)
        )
        entry = SimpleNamespace(_inner=inner)
        verify_merkle_inclusion(entry)
        verify_checkpoint(keyring, entry)
    tree = InmemoryTree(algorithm="sha256")
    for leaf in given["leaves"]:
        tree.append_entry(bytes.fromhex(leaf))
    for size, root in given["roots"].items():
        if tree.get_state(int(size)).hex() != root:
            raise ValueError(f"pymerkle finds another root over {size} leaves")
    json.dump({"proofs": len(given["proofs"]), "roots": len(given["roots"])}, sys.stdout)


if __name__ == "__main__":
    main()
