"""The load generator (fh_load), run against one entrant: what it measured, and what processor time that took."""

import json
import os
import subprocess
import sys

import peers
from entrants import Entrant

FIRST_ANSWERS_SECONDS = 120  # beyond what a run is to last: making signatures, ending the last requests


def command(entrant: Entrant, scheme: str, **options) -> tuple[list[str], dict]:
    """The command line and the environment, which has the key or token. Options as fh_load names them."""
    line = [str(peers.built("fh_load", "FH_LOAD")), "--port", str(entrant.port(scheme))] + (["--tls"] if scheme == "https" else [])
    if entrant.account:
        line += ["--account", entrant.account]
    for name, value in options.items():
        line += [f"--{name}", str(value)]
    return line, {**os.environ, **entrant.environment}


def run(entrant: Entrant, scheme: str, **options) -> dict:
    """To its end: fh_load's own figures, and cpu_us, the entrant's processor time a request."""
    line, env = command(entrant, scheme, **options)
    pid = entrant.pid(scheme)
    cpu = peers.cpu_seconds(pid)
    patience = float(options.get("patience", options.get("seconds", 300)))
    done = subprocess.run(line, capture_output=True, text=True, env=env, timeout=patience + FIRST_ANSWERS_SECONDS)
    if done.returncode != 0:
        sys.exit(f"bench: {entrant.name}, {scheme}: {done.stderr}")
    found = json.loads(done.stdout)
    found["cpu_us"] = 1e6 * (peers.cpu_seconds(pid) - cpu) / max(1, found["completed"])
    if found["errors"] or found["lost"]:
        print(f"bench: {entrant.name}, {scheme}: {found['errors']} errors (last status {found['last_bad_status']}), "
              f"{found['lost']} connections lost", file=sys.stderr)
    return found
