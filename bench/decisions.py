"""What the decision takes whether a caller may do something, in a tenant of many role assignments."""

import json
import os
import pathlib
import subprocess

from findings import Figure, Finding, Goal
from harness import paths

ASSIGNMENTS = 10_000
MICROSECONDS = Goal(2, at_most=True)
TITLES = {"data": "A decision on a data action", "control": "A decision on a control action"}


def measure_all(folder: pathlib.Path, options, tell) -> None:
    if "decisions" not in options.parts:
        return
    path = pathlib.Path(os.environ.get("FH_DECISIONS", paths.BUILD / "release" / "bench" / "decision_bench"))
    runs = [json.loads(subprocess.run([path, str(ASSIGNMENTS)], check=True, capture_output=True, timeout=120).stdout)
            for _ in range(options.rounds)]
    for kind, title in TITLES.items():
        tell(Finding("decision", f"{title}, {ASSIGNMENTS:,} role assignments", "", "us",
                     {"freehold": Figure.of([run[kind] / 1000 for run in runs])}, {}, {"freehold": MICROSECONDS},
                     "processor time; callers are in 20 groups each"))
