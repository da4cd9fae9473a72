"""The sample office (样例): an invented city's office that has worked until today, so that every page shows something.

Everything in it goes the way of a real office: administrators ask and grant, people act at the desk, time fires in the
sweep, letters leave in delivery rounds. Only the clock is simulated, and its addresses lead nowhere. What happened is
told in `config/sample.yaml`; two homes filled on the same day differ only in passwords and random ids.
"""

from __future__ import annotations

from wiring.sample.filling import AlreadyFilled, Login, fill, require_fillable

__all__ = ["AlreadyFilled", "Login", "fill", "require_fillable"]
