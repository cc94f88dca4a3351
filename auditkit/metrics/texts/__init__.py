"""Metrics of texts: what features of texts miss."""
