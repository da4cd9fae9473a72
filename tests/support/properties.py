"""How hard properties are tried; the tests of the rules alone load it by itself (`-p tests.support.properties`)."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.support.runs import FULL

# `too_slow` and `data_too_large` measure the machine, not us. The bounded run tries the same examples every time, so
# that nobody's change fails for another's reason; the full one looks for new ones and says how to repeat a failure.
settings.register_profile(
    "bounded",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("full", parent=settings.get_profile("bounded"), max_examples=10_000, derandomize=False)
settings.load_profile("full" if FULL else "bounded")
