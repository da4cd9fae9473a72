"""A document as PDF, made by LibreOffice where the machine has it; the product works without.

LibreOffice runs apart, with a profile of its own, without a display and for a bounded time.
"""

from __future__ import annotations

import shutil
import subprocess  # LibreOffice is a program, not a library
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from documents import standard
from states.errors import Sentence, Unavailable

SECONDS: Final = 120.0
MOST_BYTES: Final = 64 * 1024 * 1024
_NONE: Final = Sentence(
    "本机没有安装LibreOffice，不能生成PDF；请下载.docx，或请管理员安装libreoffice-writer-nogui。",
    "LibreOffice is not installed here, so no PDF can be made; take the .docx, or install libreoffice-writer-nogui.",
)
_FAILED: Final = Sentence(
    "LibreOffice没有在{seconds}秒内生成PDF；请下载.docx。", "LibreOffice made no PDF in {seconds} s; take the .docx."
)
_SUBSTITUTES: Final = {
    standard.BODY_FONT: ("FangSong", "Noto Serif CJK SC"),
    standard.SECOND_LEVEL_FONT: ("KaiTi", "Noto Serif CJK SC"),
    standard.FIRST_LEVEL_FONT: ("SimHei", "Noto Sans CJK SC"),
    standard.TITLE_FONT: ("FZXiaoBiaoSong-B05S", "Noto Serif CJK SC"),
    standard.PAGE_NUMBER_FONT: ("SimSun", "Noto Serif CJK SC"),
}
"""What a machine without an office's fonts draws the letters with; the PDF then shows the measures, not the hand."""


def program() -> str | None:
    """Return where LibreOffice is, if it is."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def to_pdf(data: bytes, seconds: float = SECONDS) -> bytes:
    """Return the Word file as PDF.

    Raises:
        Unavailable: LibreOffice is not here, or did not come to an end in time.
    """
    soffice = program()
    if soffice is None:
        raise Unavailable(_NONE)
    with TemporaryDirectory(prefix="duban-pdf-") as folder:
        home = Path(folder)
        (home / "document.docx").write_bytes(data)
        (home / "fonts.conf").write_text(_font_rules(), "utf-8")
        command = [
            soffice,
            f"-env:UserInstallation={(home / 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            "pdf",
            "--outdir",
            str(home),
            str(home / "document.docx"),
        ]
        environment = {
            "HOME": str(home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "FONTCONFIG_FILE": str(home / "fonts.conf"),
        }
        try:
            subprocess.run(  # noqa: S603  # the program that `program` has found, and names of our own
                command, env=environment, timeout=seconds, check=True, capture_output=True
            )
            made = home / "document.pdf"
            if made.stat().st_size > MOST_BYTES:
                raise Unavailable(_FAILED.fill(seconds=int(seconds)))
            return made.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise Unavailable(_FAILED.fill(seconds=int(seconds))) from error


def _font_rules() -> str:
    """Return rules of fontconfig: the system's own, and what stands in for fonts that are not here."""
    rules = "".join(
        f"<alias binding='same'><family>{font}</family><prefer>"
        + "".join(f"<family>{one}</family>" for one in (font, *others))
        + "</prefer></alias>"
        for font, others in _SUBSTITUTES.items()
    )
    return (
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
        f"<include ignore_missing='yes'>/etc/fonts/fonts.conf</include>{rules}</fontconfig>"
    )
