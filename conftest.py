"""Keep pytest out of the links at the top, and threads that wait from burning the processors of other workers."""

import os

collect_ignore = ["metrics", "generators", "reports"]
"""These links lead into auditkit/, which is collected itself."""

# OpenMP reads this once, when the first library that uses it is loaded. By default its threads spin while they wait.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
