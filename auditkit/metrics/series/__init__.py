"""Metrics of time series: how they move from step to step, which no embedding of a whole series says by name."""
