"""Metrics of recordings: what can be heard and no embedding of a whole recording tells apart."""
