"""How a change is put in: new code for functions that are loaded, or a module loaded from a changed source."""

from __future__ import annotations

import gc
import importlib.util
from importlib.abc import MetaPathFinder, SourceLoader
from inspect import CO_OPTIMIZED
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from scripts.mutants.reached import ROOT, our_caches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Changed(MetaPathFinder, SourceLoader):  # type: ignore[misc]  # the stubs of the two disagree
    """Loads one module from a changed source, and leaves all others to Python."""

    def __init__(self, file: str, code: str) -> None:
        """Take the source for the file, which is named from the root of the repository."""
        self.name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.path, self.code = str(ROOT / file), code

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where to load the module from, if it is the changed one."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_filename(self, _fullname: str) -> str:
        """Return the file for tracebacks."""
        return self.path

    def get_data(self, path: str | bytes) -> bytes:
        """Return the changed source; there is no compiled file."""
        if str(path) != self.path:
            raise OSError(path)
        return self.code.encode()


# --- a change within a function: put into the loaded module ------------------------------------------------------


def codes_of(code: CodeType) -> Iterator[CodeType]:
    """Yield a code and all that are written within it, in their order."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_of(constant)


def without_inner(code: CodeType) -> tuple[object, ...]:
    """Return what a code does by itself, without what it defines and without its lines."""
    plain = tuple((type(one), one) for one in code.co_consts if not isinstance(one, CodeType))
    return code.co_name, code.co_code, plain, code.co_names, code.co_exceptiontable, code.co_freevars


def new_codes(change: dict[str, Any]) -> dict[CodeType, CodeType] | None:
    """Return which code replaces which in the loaded module, or None where the change is not within functions."""
    path = str(ROOT / change["file"])
    try:
        after = list(codes_of(compile(change["code"], path, "exec", dont_inherit=True)))
    except SyntaxError:
        return None
    before = list(codes_of(compile((ROOT / change["file"]).read_text("utf-8"), path, "exec", dont_inherit=True)))
    if len(before) != len(after):
        return None
    for old, new in zip(before, after, strict=True):
        is_function = bool(old.co_flags & CO_OPTIMIZED)
        if without_inner(old) != without_inner(new) and (not is_function or old.co_freevars != new.co_freevars):
            return None
    return {old: new for old, new in zip(before, after, strict=True) if old.co_flags & CO_OPTIMIZED}


def put_in(codes: dict[CodeType, CodeType]) -> None:
    """Give every function that was made from one of these codes the new one, and forget what was remembered."""
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__ in codes:
            one.__code__ = codes[one.__code__]
    for one in our_caches():
        one.cache_clear()
