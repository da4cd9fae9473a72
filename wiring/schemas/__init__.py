"""The JSON of the HTTP interface and of `--json`, once: what it looks like, and how it is made of the domain's values.

FastAPI checks each answer of the interface against these types and describes them in OpenAPI; mypy checks that the
functions make them. Days are `2026-03-05` in the office's zone, moments ISO 8601 in UTC. Readers must expect that a
later release sends more than a type names today.
"""
