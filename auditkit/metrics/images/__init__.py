"""Metrics of images themselves, beside those of their features."""
