"""Draw the documents of an invented case as pictures for docs/documents/: `python -m scripts.document_pictures`.

It needs LibreOffice and poppler, which `make office` brings. The case is S2 of the storylines.
"""

from __future__ import annotations

import subprocess  # poppler is a program, not a library
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from documents.case_file import FiledDocument, case_file
from documents.drafting import draft
from documents.kinds import KINDS
from documents.pdf import to_pdf
from documents.templates import Templates
from tests.support import document_histories as histories
from tests.support.document_kinds import filled_up

FOLDER: Final = Path(__file__).parent.parent / "docs" / "documents"
DOTS_PER_INCH: Final = 72
TEMPLATES: Final = Templates()


def draw(name: str, data: bytes, pages: range) -> None:
    with TemporaryDirectory() as folder:
        pdf = Path(folder) / "document.pdf"
        pdf.write_bytes(to_pdf(data))
        for page in pages:
            target = FOLDER / f"{name}-{page}"
            command = ["pdftoppm", "-png", "-gray" if name == "case_file" else "-png", "-singlefile"]
            command += ["-r", str(DOTS_PER_INCH), "-f", str(page), "-l", str(page), str(pdf), str(target)]
            subprocess.run(command, check=True, timeout=60)
            print(target.name)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    summary = histories.summary(histories.s2(), "云台县委依法治县办")
    for name, pages in (("order", range(1, 4)), ("criticism", range(1, 3)), ("minutes", range(1, 3))):
        draw(name, filled_up(KINDS[name], summary, "08-17").data, pages)
    county = histories.summary(histories.until(histories.s3(), "suspend"))
    draw("order_letter", filled_up(KINDS["order"], county, "06-16").data, range(1, 2))
    papers = [
        FiledDocument(
            title=kind.zh,
            number=str(step.data.get("document_number", "")),
            day=step.day,
            data=draft(kind, summary, {}, histories.drawn_up("08-17"), TEMPLATES, entered=step).data,
        )
        for step in summary.steps
        for kind in KINDS.values()
        if step.act in kind.acts
    ]
    draw("case_file", case_file(summary, papers, {}, histories.drawn_up("08-17"), TEMPLATES), range(1, 3))


if __name__ == "__main__":
    main()
