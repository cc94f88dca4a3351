"""Generators of time series."""
