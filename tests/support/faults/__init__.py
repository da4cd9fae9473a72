"""The installation as processes, and everything that goes wrong around it."""
