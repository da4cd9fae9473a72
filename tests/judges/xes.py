"""Count the traces and events of an XES file with two readers of others: rustxes (Rust) and OpyenXES (Python)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rustxes
from opyenxes.data_in.XUniversalParser import XUniversalParser


def main() -> None:
    """Read the file that is named, with both."""
    path = sys.argv[1]
    frame, _attributes = rustxes.import_xes(path)
    with Path(path).open(encoding="utf-8") as file:
        (log,) = XUniversalParser().parse(file)
    counts = {
        "rustxes": [frame["case:concept:name"].n_unique(), frame.height],
        "opyenxes": [len(log), sum(len(trace) for trace in log)],
    }
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
