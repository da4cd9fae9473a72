"""The proof: chain, replay, verification."""
