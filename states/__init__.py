"""The rules: pure functions of values. No input or output, no clock, nothing of ours is imported."""
