"""The desk: one request, decided and written in one transaction."""
