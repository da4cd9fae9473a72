"""A door: pages and the HTTP interface."""
