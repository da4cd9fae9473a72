"""Time: the only place that knows Prefect."""
