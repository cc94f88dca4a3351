"""Keep pytest out of the three links at the top: they lead into auditkit/, which is collected itself."""

collect_ignore = ["metrics", "generators", "reports"]
