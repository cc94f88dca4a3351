"""Doors to tools that people already use; each is imported by who uses it, and nothing here is imported otherwise."""
