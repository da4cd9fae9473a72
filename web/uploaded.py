"""Files that come through the HTTP interface: bounded and named as on the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.errors import BadData, Sentence
from web.forms import plain_file_name
from web.page import LARGEST_FILE

if TYPE_CHECKING:
    from fastapi import UploadFile

_TOO_LARGE: Final = Sentence(
    "文件“{name}”超过{most} MiB，请压缩或拆分后再上传。", "“{name}” is larger than {most} MiB; make it smaller."
)
_NO_FILE: Final = Sentence("请选择要上传的文件。", "Choose a file to upload.")


def uploaded(file: UploadFile) -> tuple[str, bytes]:
    """Return the plain name and the bytes of a file that was sent.

    Raises:
        BadData: it has no name, or is larger than any evidence may be.
    """
    content = file.file.read(LARGEST_FILE + 1)
    if not file.filename:
        raise BadData(_NO_FILE)
    name = plain_file_name(file.filename)
    if len(content) > LARGEST_FILE:
        raise BadData(_TOO_LARGE.fill(name=name, most=LARGEST_FILE >> 20))
    return name, content
