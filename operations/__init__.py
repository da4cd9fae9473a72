"""The health of the installation: figures, diagnosis, watchdog."""
