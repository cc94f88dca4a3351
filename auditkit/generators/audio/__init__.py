"""Generators of recordings."""
