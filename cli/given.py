"""What was given to a command: a text stays as it was typed, and what was not given is nothing.

Typer checks every value with pydantic, which takes a tenth of the start of a short command to load (measured: 55 of
570 ms). Neither a text nor nothing needs checking; whatever else was given goes Typer's own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typer._coercion import RuntimeParam, build_runtime_param
from typer.core import TyperArgument, TyperOption

if TYPE_CHECKING:
    from typer._click import Context


@dataclass(frozen=True)
class GivenValue(RuntimeParam):
    """How the value of one parameter is read: nothing is read as nothing, before any of this is asked."""

    def _coerce_value(self, value: Any, param: Any, ctx: Context) -> Any:  # noqa: ANN401  # whatever was typed
        if self.annotation is str and isinstance(value, str):
            return value
        typed: Any = build_runtime_param(param.type_descriptor)._coerce_value(value, param, ctx)  # noqa: SLF001  # its own
        return typed


def _read(parameter: TyperArgument | TyperOption) -> GivenValue:
    kind = parameter.type_descriptor
    return GivenValue(kind.parameter_info, kind.annotation)


def check_what_was_given() -> None:
    """Let commands load what checks values only for a value that needs it.

    It stands in the place of a method of Typer's, because the option `--help` of every command is read by it too and
    there is no other way in. `tests/cli/test_start.py` notices a release of Typer in which this does nothing.
    """
    for kind in (TyperArgument, TyperOption):
        kind.get_runtime_param = _read  # type: ignore[method-assign, assignment]
