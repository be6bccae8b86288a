#!/usr/bin/env python3
"""Races Freehold against npm azurite, nginx and the disk itself, in one run: short rounds in turn, medians, ratios.

    bench/bench.py [NAME]... [--rounds N] [--seconds S] [--no-write]

NAME: get-4k, put-4k, get-4m, put-4m (all of them if none is named). Writes docs/benchmarks.md and docs/benchmarks.svg
when everything was measured. Never a gate: figures depend on the machine.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "bench"))

import peers  # noqa: E402
import report  # noqa: E402
from harness import paths, server  # noqa: E402
from harness.azurite import Azurite  # noqa: E402
from harness.blob_client import BlobClient  # noqa: E402

KIB, MIB = 1 << 10, 1 << 20
NEEDED_BYTES = 30 << 30
COPIES = 3


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    op: str
    size: int
    connections: int
    objects: int       # for reads: how many there are
    goals: dict        # peer -> the ratio aimed at (issue 2, section 7)
    floor: str = ""    # the disk's figure that writes are held against

    @property
    def unit(self) -> str:
        return "requests/s" if self.size < MIB else "MB/s"

    def figure(self, run: dict) -> float:
        return run["rps"] if self.size < MIB else run["mb_per_s"]


SCENARIOS = [
    Scenario("get-4k", "GET 4 KiB, 64 connections", "get", 4 * KIB, 64, 1000, {"azurite": 40, "nginx": 0.5}),
    Scenario("put-4k", "PUT 4 KiB durable, 64 connections", "put", 4 * KIB, 64, 0, {"azurite": 20, "disk": 0.7},
             "4 KiB writes/s, fdatasync after each, one job"),
    Scenario("get-4m", "GET 4 MiB, 4 connections", "get", 4 * MIB, 4, 8, {"nginx": 0.8}),
    Scenario("put-4m", "PUT 4 MiB durable, 4 connections", "put", 4 * MIB, 4, 0, {"azurite": 2.5, "disk": 0.55},
             "MB/s of 4 MiB O_DIRECT writes; Freehold's figure counts all three copies"),
]


def load_program() -> pathlib.Path:
    path = pathlib.Path(os.environ.get("FH_LOAD", paths.BUILD / "release" / "bench" / "fh_load"))
    if not path.exists():
        sys.exit(f"bench: no load generator at {path}: build the target fh_load")
    return path


class Race:
    """The peers, running; measures one scenario after the other. Owns the processes and the folder."""

    def __init__(self, folder: pathlib.Path, rounds: int, seconds: float):
        self.folder = folder
        self.rounds = rounds
        self.seconds = seconds
        self.runs = 0
        self.freehold = server.Server(folder / "freehold", emulator=True)
        self.azurite = Azurite(folder / "azurite")
        self.nginx = peers.Nginx(folder / "nginx")
        self.entrants = {}

    def __enter__(self) -> "Race":
        try:
            self.entrants = {"freehold": self.freehold.start(), "azurite": self.azurite.start(),
                             "nginx": self.nginx.start()}
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for each in (self.nginx, self.azurite, self.freehold):
            try:
                each.stop()
            except Exception as error:  # noqa: BLE001: the others must be stopped all the same
                print(f"bench: {error}", file=sys.stderr)
        self.freehold.kill()

    def load(self, name: str, scheme: str, *args) -> dict:
        """One run of the load generator against one peer."""
        entrant = self.entrants[name]
        command = [str(load_program()), "--port", str(entrant.https_port if scheme == "https" else entrant.http_port)]
        command += ["--tls"] if scheme == "https" else []
        env = dict(os.environ)
        if name != "nginx":
            command += ["--account", server.EMULATOR_ACCOUNT]
            env["FH_LOAD_KEY"] = server.EMULATOR_KEY
        cpu = peers.cpu_seconds(self.pid_of(name, scheme))
        done = subprocess.run([*command, *map(str, args)], capture_output=True, text=True, env=env, timeout=400)
        if done.returncode != 0:
            sys.exit(f"bench: {name}, {scheme}: {done.stderr}")
        run = json.loads(done.stdout)
        cpu = peers.cpu_seconds(self.pid_of(name, scheme)) - cpu
        run["cpu_us"] = 1e6 * cpu / max(1, run["completed"])
        if run["errors"] or run["lost"]:
            print(f"bench: {name}, {scheme}: {run['errors']} errors (last status {run['last_bad_status']}), "
                  f"{run['lost']} connections lost", file=sys.stderr)
        return run

    def pid_of(self, name: str, scheme: str) -> int:
        if name == "azurite":  # one process for each scheme
            return self.azurite.processes[1 if scheme == "https" else 0].pid
        return self.entrants[name].pid

    def prepare(self, scenario: Scenario, scheme: str) -> None:
        """Containers, and the objects to read."""
        for name in ("freehold", "azurite"):
            entrant = self.entrants[name]
            client = BlobClient(server.EMULATOR_ACCOUNT, server.EMULATOR_KEY, ca_file=entrant.ca_file,
                                **({"https_port": entrant.https_port} if scheme == "https"
                                   else {"http_port": entrant.http_port}))
            reply = client.create_container(scenario.name)
            client.close()
            if reply.status not in (201, 409):
                sys.exit(f"bench: {name}: creating a container: {reply.status} {reply.body!r}")
            if scenario.op == "get":
                self.load(name, scheme, "--container", scenario.name, "--op", "put", "--size", scenario.size,
                          "--objects", scenario.objects, "--requests", scenario.objects, "--connections", 4)
        if scenario.op == "get":
            self.nginx.add_files(scenario.name, scenario.objects, scenario.size)

    def measure(self, scenario: Scenario, scheme: str) -> dict:
        """Peer -> list of runs, one for each round; the order turns from round to round."""
        self.prepare(scenario, scheme)
        names = ["freehold", "azurite"] + (["nginx"] if scenario.op == "get" else ["disk"])
        runs = {name: [] for name in names}
        for round_number in range(self.rounds):
            turn = round_number % len(names)
            for name in names[turn:] + names[:turn]:
                runs[name].append(self.one(name, scenario, scheme))
        return runs

    def one(self, name: str, scenario: Scenario, scheme: str) -> dict:
        if name == "disk":
            figure = peers.disk_sync_rate if scenario.size < MIB else peers.disk_write_mb
            value = figure(self.folder, max(1.0, self.seconds))
            return {"rps": value, "mb_per_s": value, "errors": 0, "lost": 0}
        self.runs += 1
        return self.load(name, scheme, "--container", scenario.name, "--op", scenario.op, "--size", scenario.size,
                         "--connections", scenario.connections, "--objects", scenario.objects,
                         "--prefix", f"r{self.runs}-", "--seconds", self.seconds)


def summarise(scenario: Scenario, scheme: str, runs: dict) -> dict:
    """Medians and ratios of one scenario."""
    def median(name: str, key: str) -> float:
        return statistics.median(run[key] for run in runs[name])
    peers_found = {}
    for name, all_runs in runs.items():
        figures = [scenario.figure(run) for run in all_runs]
        peers_found[name] = {"median": statistics.median(figures), "low": min(figures), "high": max(figures),
                             "errors": sum(run["errors"] + run["lost"] for run in all_runs)}
        if name != "disk":
            peers_found[name] |= {key: median(name, key) for key in ("p50_us", "p99_us", "cpu_us")}
    own = peers_found["freehold"]["median"]
    ratios = {name: own / max(1e-9, found["median"]) for name, found in peers_found.items() if name != "freehold"}
    if "disk" in ratios and scenario.size >= MIB:
        ratios["disk"] *= COPIES  # three copies reach the disk
    return {"scenario": scenario.name, "title": scenario.title, "scheme": scheme, "unit": scenario.unit,
            "peers": peers_found, "ratios": ratios, "goals": scenario.goals, "floor": scenario.floor}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--no-write", action="store_true", help="leave docs/ as it is")
    options = parser.parse_args()
    unknown = set(options.names) - {scenario.name for scenario in SCENARIOS}
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(s.name for s in SCENARIOS)}")
    chosen = [scenario for scenario in SCENARIOS if not options.names or scenario.name in options.names]

    folder = paths.BUILD / "bench-data"  # on the disk of the build folder, not in a tmpfs
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if shutil.disk_usage(folder).free < NEEDED_BYTES:
        sys.exit(f"bench: needs {NEEDED_BYTES >> 30} GiB free at {folder}")
    found = []
    try:
        with Race(folder, options.rounds, options.seconds) as race:
            for scenario in chosen:
                for scheme in ("http", "https"):
                    found.append(summarise(scenario, scheme, race.measure(scenario, scheme)))
                    print(report.line(found[-1]), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not options.no_write and len(chosen) == len(SCENARIOS):
        report.write(ROOT / "docs", found, options.rounds, options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
