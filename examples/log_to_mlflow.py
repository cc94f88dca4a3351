"""An audit in a run of MLflow, in a store of its own that is gone afterwards.

`python examples/log_to_mlflow.py` takes seconds; it needs the extra `mlflow`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import auditkit as ak
from auditkit.integrations.mlflow import log_audit


def table(seed: int, shift: float = 0.0) -> ak.Dataset:
    """Rows of two columns and a label."""
    x = np.random.default_rng(seed).normal(shift, 1.0, size=(150, 2))
    return ak.load(pd.DataFrame({"x": x[:, 0], "y": x[:, 1], "kind": np.where(x[:, 0] > 0, "a", "b")}), label="kind")


def main() -> None:
    """Audit two generators, log both, and print what the store holds of them."""
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow  # noqa: PLC0415 - after it was told where runs may lie

    with tempfile.TemporaryDirectory() as folder:
        mlflow.set_tracking_uri(Path(folder, "runs").as_uri())
        for name, shift in (("good", 0.0), ("shifted", 1.0)):
            audit = ak.audit(real=table(0), synthetic=table(1, shift), holdout=table(2))
            with mlflow.start_run(run_name=name):
                run = mlflow.MlflowClient().get_run(log_audit(audit))
            verdict, metrics = run.data.tags["auditkit.verdict"], run.data.metrics
            print(f"{name}: {verdict}, coverage {metrics['coverage']:.2f}, real {metrics['coverage.yardstick']:.2f}")


if __name__ == "__main__":
    main()
