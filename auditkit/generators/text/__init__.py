"""Generators of texts."""
