#!/usr/bin/env python3
"""Races Freehold against named peers and holds it against its limits, in one run; writes what it found.

    bench/bench.py [SUITE]... [--only PART,...] [--blobs N] [--rounds N] [--seconds S] [--no-write] [--again]

SUITE: blob, gate, vault (all there are, if none is named). PART of blob: get-4k, put-4k, get-4m, put-4m, block-4m (against
Azurite, nginx, fio and Freehold without audit), growth (N blobs against 10,000; memory; starts), idle (connections).
PART of gate: decisions (by roles). PART of vault: keys (and a secret, against openssl speed, SoftHSM2 by itself and
nginx), secrets (against Barbican), many-keys (100,000 in one vault against 1,000), customer-key (blobs under one).

Everything goes to build/bench/; a whole run with 1,000,000 blobs also to docs/benchmarks.md and docs/benchmarks.svg.
--again makes the pages anew from the last run's figures. Never a gate: figures depend on the machine.
"""

import argparse
import dataclasses
import json
import pathlib
import shutil
import signal
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "bench"))

import blob_growth  # noqa: E402
import blob_idle  # noqa: E402
import blob_speed  # noqa: E402
import customer_key  # noqa: E402
import decisions  # noqa: E402
import machine  # noqa: E402
import report  # noqa: E402
import vault_speed  # noqa: E402
from findings import Finding  # noqa: E402
from harness import paths  # noqa: E402

SUITES = {"blob": (blob_speed, blob_idle, blob_growth), "gate": (decisions,), "vault": (vault_speed, customer_key)}
PARTS = [*(scenario.name for scenario in blob_speed.SCENARIOS), "growth", "idle", "decisions", "keys", "secrets",
         "many-keys", customer_key.PART]
BLOBS = 1_000_000
NEEDED_BYTES = 40 << 30


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    parser.add_argument("--only", metavar="PART,...", default=",".join(PARTS), help="measure these parts alone")
    parser.add_argument("--blobs", type=int, default=BLOBS, help="how many are very many")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="the length of a round")
    parser.add_argument("--no-write", action="store_true", help="leave docs/ as it is")
    parser.add_argument("--again", action="store_true", help="measure nothing; make the pages from the last run")
    options = parser.parse_args(words)
    options.parts = set(options.only.split(","))
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"no suite {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    if unknown := options.parts - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if options.rounds < 1 or options.seconds <= 0 or options.blobs < blob_growth.FEW:
        parser.error(f"at least one round, some time, and {blob_growth.FEW} blobs")
    options.whole = options.parts == set(PARTS) and options.blobs == BLOBS and set(options.suites) in (set(), set(SUITES))
    return options


def measure(options: argparse.Namespace) -> list[Finding]:
    folder = paths.BUILD / "bench-data"  # on the disk of the build folder, not in a tmpfs
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if shutil.disk_usage(folder).free < NEEDED_BYTES:
        sys.exit(f"bench: needs {NEEDED_BYTES >> 30} GiB free at {folder}")
    found = []

    def tell(finding: Finding) -> None:
        found.append(finding)
        print(report.line(finding), flush=True)
    try:
        for suite in options.suites or SUITES:
            for part in SUITES[suite]:
                part.measure_all(folder, options, tell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def run_of(options: argparse.Namespace) -> dict:
    """What the pages are made of, and build/bench/run.json holds."""
    findings = [dataclasses.asdict(finding) for finding in measure(options)]
    return {"machine": machine.describe(), "rounds": options.rounds, "seconds": options.seconds,
            "whole": options.whole, "findings": findings}


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    options = parse(sys.argv[1:])
    kept = paths.BUILD / "bench" / "run.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    if not options.again:
        kept.write_text(json.dumps(run_of(options), indent=1))
    run = json.loads(kept.read_text())
    run["findings"] = [Finding.from_json(found) for found in run["findings"]]
    report.write(kept.parent, run)
    if run["whole"] and not options.no_write:
        report.write(ROOT / "docs", run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
