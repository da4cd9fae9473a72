"""State-secret marks: a text that bears one is refused before anything is stored.

State secrets may not be kept on a system that is not made for them (保守国家秘密法 art. 31(3)). A mark is a grade as
it stands on a document: 机密 and 绝密 in any place, 秘密 with a star, in brackets, or alone on its line. The word 秘密
in a sentence (工作秘密, 商业秘密, 保守秘密) is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from states.errors import BadData, Sentence

_GAPS: Final = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad·・]+")
_STAR: Final = r"[★☆✩✰⭐*＊]"
_OPEN, _CLOSE = r"[（(【\[〔｛{《〈<「『]", r"[）)】\]〕｝}》〉>」』]"
_MARK: Final = re.compile(
    rf"绝密|絕密|機密|(?<!商业)(?<!企业)机密(?!性)|秘密{_STAR}|{_OPEN}秘密{_CLOSE}|密级[:：]?秘密|秘密级"
)
_ALONE: Final = re.compile(r"(?m)^[^\S\n]*秘\s*密\s*$")
"""A line begins with its own blanks only: a hundred thousand empty lines are gone through once (CWE-1333)."""
_REFUSED: Final = Sentence(
    "“{text}”带有国家秘密标志（{mark}），不得录入本系统（《保守国家秘密法》第三十一条），请按保密规定另行办理；没有保存任何内容。",
    "“{text}” bears the mark of a state secret ({mark}), which may not be entered in this system (Law on Guarding "
    "State Secrets, article 31); nothing was kept.",
)
_SHOWN: Final = 20


def secret_mark(text: str) -> str:
    """Return the mark of a state secret that the text bears, or nothing."""
    plain = unicodedata.normalize("NFKC", text)
    found = _MARK.search(_GAPS.sub("", plain))
    if found is not None:
        return found[0]
    return "秘密" if _ALONE.search(plain) else ""


def refuse_secrets(value: Any) -> None:  # noqa: ANN401  # a text, or texts in lists and mappings
    """Do nothing if no text in the value bears the mark of a state secret.

    Raises:
        BadData: one does; the sentence shows only its beginning.
    """
    if isinstance(value, str):
        mark = secret_mark(value)
        if mark:
            raise BadData(_REFUSED.fill(text=f"{value[:_SHOWN]}…" if len(value) > _SHOWN else value, mark=mark))
    elif isinstance(value, Mapping):
        for item in value.values():
            refuse_secrets(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            refuse_secrets(item)
