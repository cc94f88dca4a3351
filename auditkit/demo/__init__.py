"""The demo: the whole loop on real data that come with the package."""
