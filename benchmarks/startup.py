"""Seconds until auditkit is imported, and until `auditkit --help` is printed, beyond bare Python.

Exits 1 if a budget is broken; tests only hold that nothing heavy is imported, which no busy machine can falsify.
"""

from __future__ import annotations

import subprocess
import sys
import time

REPEATS = 9
# What is run, and the seconds that it may take beyond bare Python.
BUDGETS = {
    "import auditkit": ("import auditkit", 0.15),
    "auditkit --help": ("from auditkit.cli.app import main; main(['--help'])", 0.4),
    "auditkit audit --help": ("from auditkit.cli.app import main; main(['audit', '--help'])", 0.4),
}


def seconds(code: str) -> float:
    """Shortest time of a fresh interpreter."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own code
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> int:
    """Print a row per budget."""
    bare = seconds("pass")
    print(f"{'bare python':<24}{bare:8.3f} s")
    broken = 0
    for name, (code, budget) in BUDGETS.items():
        beyond = seconds(code) - bare
        broken += beyond > budget
        print(f"{name:<24}{beyond:+8.3f} s   budget {budget:.2f} s   {'MET' if beyond <= budget else 'NOT MET'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
