"""The measures of an official document on paper, as GB/T 9704-2012 gives them; millimetres and points.

The templates of `config/documents` are built with them, drafts are finished by them, and the tests measure by them.
"""

from __future__ import annotations

from typing import Final

PAGE_WIDTH_MM: Final = 210
PAGE_HEIGHT_MM: Final = 297
TOP_MM: Final = 37
BOTTOM_MM: Final = 35
LEFT_MM: Final = 28
RIGHT_MM: Final = 26
"""天头 37, 订口 28; what is left is the type area (版心) of 156 by 225 (GB/T 9704-2012, 5.2.1)."""

LINES: Final = 22
CHARACTERS: Final = 28
"""Lines on a page and characters in a line of the body (5.2.3)."""

BODY_PT: Final = 16.0
TITLE_PT: Final = 22.0
SMALL_PT: Final = 14.0
"""3号, 2号 and 4号: the body, the title, and the page numbers and imprint (5.2.2, 7.3.1, 7.4, 7.5)."""

PITCH_PT: Final = 28.95
"""From line to line: 225 mm over 22 lines, rounded down to what a word processor can store (twentieths of a point)."""

AREA_WIDTH_PT: Final = (PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM) * 72 / 25.4

CLOSER_TWIPS: Final = -5
"""A quarter of a point less between characters: 28 of 16 pt would be 2 mm wider than the type area."""

LETTERHEAD_DROP_MM: Final = 35
"""From the top of the type area to the top of the red letterhead (7.2.4)."""

LETTER_LETTERHEAD_MM: Final = 30
"""From the top of the page to the letterhead of a letter (10.1)."""

LETTER_RULE_MM: Final = 170
"""The length of a letter's two red double rules (10.1)."""

LETTER_FOOT_MM: Final = 20
"""From the bottom of the page to a letter's lower rule (10.1)."""

RULE_GAP_MM: Final = 4
"""From the document number to the red rule, and from a letter's letterhead to its upper rule (7.2.7, 10.1)."""

PAGE_NUMBER_DROP_MM: Final = 7
"""From the bottom of the type area to the page number (7.5)."""

DATE_INDENT: Final = 4
"""Characters between the date of a document and the right edge (7.3.5)."""

RED: Final = "FF0000"

BODY_FONT: Final = "仿宋"
TITLE_FONT: Final = "方正小标宋简体"
FIRST_LEVEL_FONT: Final = "黑体"
SECOND_LEVEL_FONT: Final = "楷体"
PAGE_NUMBER_FONT: Final = "宋体"

FALLBACKS: Final = {
    BODY_FONT: ("仿宋_GB2312", "FangSong", "华文仿宋"),
    TITLE_FONT: ("FZXiaoBiaoSong-B05S", "小标宋", "华文中宋", "宋体"),
    FIRST_LEVEL_FONT: ("SimHei", "华文黑体"),
    SECOND_LEVEL_FONT: ("楷体_GB2312", "KaiTi", "华文楷体"),
    PAGE_NUMBER_FONT: ("SimSun", "华文宋体"),
}
"""What a word processor may take where an office does not have the font; named in the document, never embedded."""

STYLE_LETTERHEAD: Final = "发文机关标志"
STYLE_SIGNER: Final = "发文机关署名"
STYLE_DATE: Final = "成文日期"
STYLE_TITLE: Final = "公文标题"
STYLE_BODY: Final = "公文正文"
"""Styles of paragraphs that the templates have and an office may change in Word."""
