"""Look for known weaknesses in the locked packages, and write down what the release is made of: `make scan`.

Advisories come by the package index through pip-audit. A network that lets only packages through gives none: then this
says how many packages nobody looked at, which is not the same as their being sound. The bill of materials (CycloneDX)
is written to `artifacts/`, to be given out with the release.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
TOOLS: Final = ROOT / ".venv-scan" / "bin"
BILL: Final = ROOT / "artifacts" / "sbom.cdx.json"
SHIPPED: Final = "runtime"
LOCKS: Final = ("runtime", "dev")
PATIENCE: Final = "5"
"""Seconds to wait for an advisory."""
LONGEST: Final = 900


def audited(name: str) -> tuple[int, list[str], list[str]]:
    """Return how many packages of a lock were looked at, what is wrong with which, and which nobody looked at.

    Raises:
        RuntimeError: pip-audit did not say.
    """
    done = subprocess.run(
        [
            TOOLS / "pip-audit",
            "--disable-pip",
            "--no-deps",
            "--require-hashes",
            "--progress-spinner=off",
            f"--timeout={PATIENCE}",
            "--format=json",
            f"--requirement={ROOT / 'requirements' / f'{name}.txt'}",
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        said = (done.stderr.strip().splitlines() or [""])[-1]
        raise RuntimeError(said or f"pip-audit ended with {done.returncode}") from error
    looked_at, weak, skipped = 0, [], []
    for package in found["dependencies"]:
        if "skip_reason" in package:
            skipped.append(package["name"])
            continue
        looked_at += 1
        weak += [
            f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or '-'}"
            for flaw in package["vulns"]
        ]
    return looked_at, weak, skipped


def write_bill() -> int:
    """Write the bill of materials of what is shipped; return how many packages stand in it."""
    BILL.parent.mkdir(exist_ok=True)
    lock = ROOT / "requirements" / f"{SHIPPED}.txt"
    command: list[str | Path] = [
        TOOLS / "cyclonedx-py",
        "requirements",
        "--output-reproducible",
        "--pyproject",
        ROOT / "pyproject.toml",
    ]
    subprocess.run(
        [*command, "--of", "JSON", "--output-file", BILL, lock], check=True, capture_output=True, timeout=LONGEST
    )
    found: dict[str, Any] = json.loads(BILL.read_text("utf-8"))
    return len(found["components"])


def main() -> int:
    print(f"{BILL.relative_to(ROOT)}: CycloneDX, {write_bill()} packages, each with the hashes of its lock")
    weak: list[str] = []
    for name in LOCKS:
        try:
            looked_at, wrong, skipped = audited(name)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            print(f"requirements/{name}.txt: NOT looked at, no advisories could be had: {error}")
            continue
        weak += wrong
        print(f"requirements/{name}.txt: {looked_at} packages looked at, {len(wrong)} known weaknesses")
        if skipped:
            print(f"  NOT looked at, the index gives no advisories for them here: {len(skipped)} ({skipped[0]}, …)")
    print("\n".join(weak))
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main())
