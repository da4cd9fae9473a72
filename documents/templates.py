"""Templates of documents: found, checked and filled; in a sandbox that lets nothing but the document's fields in.

A template is a `.docx` with fields such as `{{ 主送机关 }}`. It may name the fields of its kind, loop over lists
(`{%p for 问题 in 问题清单 %}`) and leave out what is empty (`{%p if 抄送机关 %}`), and nothing else: no filter, no
call, no attribute, no other file. The installation's own template wins over the shipped one; its version is its
SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.runtime import LoopContext
from jinja2.sandbox import SandboxedEnvironment

from documents.word_file import BadDocument, fingerprint, read_bounded
from states.errors import Sentence

if TYPE_CHECKING:
    from docx.document import Document as DocumentType
    from jinja2 import Template as JinjaTemplate

SHIPPED: Final = Path(__file__).parent.parent / "config" / "documents"
LOOP_WORDS: Final = frozenset({"index", "first", "last", "length"})
"""What a template may ask of a loop."""

_NO_TEMPLATE: Final = Sentence(
    "没有“{name}.docx”这个模板；请把模板放进安装目录的documents文件夹，或恢复随系统提供的模板。",
    "There is no template “{name}.docx”; put one into the folder “documents” of the installation, or restore ours.",
)
_REACHES: Final = Sentence(
    "模板“{name}”引用了不允许的内容：{what}；模板只能使用本文书的字段。",
    "The template “{name}” reaches for what it may not have: {what}. It may use the fields of its document only.",
)
_CANNOT_FILL: Final = Sentence(
    "模板“{name}”不能填写：{reason}。请用“duban document check”检查模板。",
    "The template “{name}” cannot be filled: {reason}. Check it with “duban document check”.",
)


class Sandbox(SandboxedEnvironment):
    """Jinja with nothing to reach for: no globals, filters, tests or calls; only fields, and loops over them."""

    def __init__(self) -> None:
        """Close the environment; a field that is not there is an error, and text is never taken for XML."""
        super().__init__(undefined=StrictUndefined, autoescape=True)
        self.globals.clear()
        self.filters.clear()
        self.tests.clear()

    def from_string(self, source: Any, *_args: Any, **_more: Any) -> JinjaTemplate:  # noqa: ANN401  # Jinja's signature
        """Return the compiled template; the same source is compiled once, because it is filled many times."""
        return _compiled(str(source))

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401  # Jinja's own signature
        """Return a column of a row, or one of the few words of a loop; anything else is refused."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in LOOP_WORDS:
            return getattr(obj, attribute)
        raise SecurityError(f".{attribute}")

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401, ARG002  # Jinja's own signature
        """Refuse: a field has no parts that a template may take by place."""
        raise SecurityError(f"[{argument!r}]")

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ANN401, ARG002  # Jinja's own signature
        """Refuse every call."""
        return False

    def call(self, *_args: Any, **_more: Any) -> NoReturn:  # noqa: ANN401  # Jinja's own signature
        """Refuse every call."""
        raise SecurityError("()")


SANDBOX: Final = Sandbox()


EXPRESSIONS: Final = (
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
)
LANGUAGE: Final = (*EXPRESSIONS, nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For)
"""All that a template may consist of; a macro, a filter, an import, a call is not among it."""
_OWN_NAMES_OF_JINJA: Final = frozenset({"self", "varargs", "kwargs", "caller", "context", "environment"})


def foreign(tree: nodes.Template) -> nodes.Node | None:
    """Return the first part of a template that is outside the language, if there is one."""
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, LANGUAGE) or (isinstance(node, nodes.Name) and node.name in _OWN_NAMES_OF_JINJA):
            return node
    return None


@lru_cache(maxsize=256)
def _compiled(source: str) -> JinjaTemplate:
    """Return the compiled template, if it keeps to the language.

    Raises:
        SecurityError: it does not.
    """
    outside = foreign(SANDBOX.parse(source))
    if outside is not None:
        raise SecurityError(str(getattr(outside, "name", type(outside).__name__)))
    return SandboxedEnvironment.from_string(SANDBOX, source)


@dataclass(frozen=True)
class Template:
    """One template as bytes. `own` says that the installation brought it."""

    name: str
    data: bytes
    own: bool

    @cached_property
    def version(self) -> str:
        """The SHA-256 of the file; an event pins the template by it."""
        return fingerprint(self.data)

    def filled(self, context: Mapping[str, Any]) -> DocumentType:
        """Return the document with the fields filled.

        Raises:
            BadDocument: the template reaches for something that is no field of the document, or cannot be filled.
        """
        word = _Word(BytesIO(self.data))
        try:
            word.render(dict(context), SANDBOX)
        except SecurityError as error:
            raise BadDocument(_REACHES.fill(name=self.name, what=str(error)[:60])) from error
        except (TemplateError, ValueError, SyntaxError) as error:
            raise BadDocument(_CANNOT_FILL.fill(name=self.name, reason=str(error)[:80])) from error
        document: DocumentType = word.docx
        return document


class _Word(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """docxtpl's template, which prepares the XML of a template once and not for every document."""

    def patch_xml(self, src_xml: str) -> str:
        return _prepared(src_xml)


@lru_cache(maxsize=256)
def _prepared(source: str) -> str:
    return str(DocxTemplate.patch_xml(_Word(BytesIO()), source))


class Templates:
    """The templates of an installation: its own in the folder `documents` of its home, else those that are shipped."""

    def __init__(self, own: Path | None = None, shipped: Path = SHIPPED) -> None:
        """Look in `own` first, if it is there."""
        self._own = own
        self._shipped = shipped
        self._read: dict[Path, tuple[tuple[int, int], Template]] = {}

    def find(self, name: str) -> Template:
        """Return the template that is in force under this name; read again only if the file has changed.

        Raises:
            BadDocument: there is none, or it may not be opened.
        """
        for folder, own in ((self._own, True), (self._shipped, False)):
            path = folder / f"{name}.docx" if folder is not None else None
            if path is None or not path.is_file():
                continue
            state = path.stat()
            version = (state.st_mtime_ns, state.st_size)
            held = self._read.get(path)
            if held is None or held[0] != version:
                held = (version, Template(name, read_bounded(path), own))
                self._read[path] = held
            return held[1]
        raise BadDocument(_NO_TEMPLATE.fill(name=name))
