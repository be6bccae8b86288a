"""Requests a second and MB/s against named peers: short rounds in turn, each scenario on servers that begin empty."""

import dataclasses
import pathlib

import load
import peers
from entrants import SCHEMES, Entrant, running
from findings import Figure, Finding, Goal, paired_ratio

KIB, MIB = 1 << 10, 1 << 20
COPIES = 3
AUDIT_KEEPS = Goal(0.9)  # of the speed without it


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    op: str             # as fh_load names it
    size: int
    connections: int
    peers: tuple        # besides Freehold and Freehold without audit
    goals: dict         # peer -> Goal (issue 3, section 4)
    https_goals: dict = dataclasses.field(default_factory=dict)  # where they are others
    objects: int = 0    # for reads: how many there are
    note: str = ""

    @property
    def large(self) -> bool:
        return self.size >= MIB

    @property
    def unit(self) -> str:
        return "MB/s" if self.large else "requests/s"

    def figure(self, run: dict) -> float:
        return run["mb_per_s"] if self.large else run["rps"]

    def goals_over(self, scheme: str) -> dict:
        return {"no-audit": AUDIT_KEEPS, **self.goals, **(self.https_goals if scheme == "https" else {})}


DIRECT = "fio: MB/s of 4 MiB O_DIRECT writes; Freehold's ratio counts all three copies."
SCENARIOS = [
    Scenario("get-4k", "GET 4 KiB, 64 connections", "get", 4 * KIB, 64, ("azurite", "nginx"),
             {"azurite": Goal(40), "nginx": Goal(0.5, aim=0.8)}, objects=1000),
    Scenario("put-4k", "PUT 4 KiB durable, 64 connections", "put", 4 * KIB, 64, ("azurite", "disk"),
             {"azurite": Goal(20), "disk": Goal(0.7, aim=1)},
             note="fio: 4 KiB writes a second, fdatasync after each, one job."),
    Scenario("get-4m", "GET 4 MiB, 4 connections", "get", 4 * MIB, 4, ("azurite", "nginx"),
             {"azurite": Goal(2), "nginx": Goal(0.8)}, {"nginx": Goal(0.9)}, objects=8),
    Scenario("put-4m", "PUT 4 MiB durable, 4 connections", "put", 4 * MIB, 4, ("azurite", "disk"),
             {"azurite": Goal(2.5), "disk": Goal(0.55)}, note=DIRECT + " Put Blob computes and keeps an MD5."),
    Scenario("block-4m", "Put Block 4 MiB durable, 4 connections", "block", 4 * MIB, 4, ("azurite", "disk"),
             {"azurite": Goal(2.5), "disk": Goal(0.7)}, note=DIRECT + " No MD5 is due: the client sends none."),
]


class Speed:
    """Measures one scenario after the other."""

    def __init__(self, folder: pathlib.Path, rounds: int, seconds: float):
        self.folder = folder
        self.rounds = rounds
        self.seconds = seconds

    def measure(self, scenario: Scenario, scheme: str) -> Finding:
        folder = self.folder / f"{scenario.name}-{scheme}"
        names = ["freehold", "no-audit", *scenario.peers]
        with running([name for name in names if name != "disk"], folder) as entrants:
            for entrant in entrants.values():
                prepare(entrant, scenario, scheme)
            runs = self.race(names, entrants, scenario, scheme, folder)
        return summarise(scenario, scheme, runs)

    def race(self, names: list[str], entrants: dict, scenario: Scenario, scheme: str, folder: pathlib.Path) -> dict:
        """Name -> list of runs, one for each round; the order turns from round to round."""
        runs = {name: [] for name in names}
        for number in range(self.rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                if name == "disk":
                    measure = peers.disk_write_mb if scenario.large else peers.disk_sync_rate
                    value = measure(folder, max(1.0, self.seconds))
                    runs[name].append({"rps": value, "mb_per_s": value})
                else:
                    runs[name].append(run(entrants[name], scenario, scheme, prefix=f"r{number}-", seconds=self.seconds))
        return runs


def run(entrant: Entrant, scenario: Scenario, scheme: str, **options) -> dict:
    return load.run(entrant, scheme, container=scenario.name, op=scenario.op, size=scenario.size,
                    connections=scenario.connections, objects=scenario.objects, **options)


def prepare(entrant: Entrant, scenario: Scenario, scheme: str) -> None:
    """The container, and the objects to read."""
    entrant.make_container(scenario.name, scheme)
    if scenario.objects == 0:
        return
    if entrant.name == "nginx":
        entrant.process.add_files(scenario.name, scenario.objects, scenario.size)
    else:
        load.run(entrant, scheme, container=scenario.name, op="put", size=scenario.size, objects=scenario.objects,
                 requests=scenario.objects, connections=4)


def summarise(scenario: Scenario, scheme: str, runs: dict) -> Finding:
    values = {name: [scenario.figure(run) for run in all_runs] for name, all_runs in runs.items()}
    figures = {name: Figure.of(values[name], None if name == "disk" else runs[name]) for name in runs}
    ratios = {name: paired_ratio(values["freehold"], values[name]) for name in runs if name != "freehold"}
    if "disk" in ratios and scenario.large:
        ratios["disk"] *= COPIES  # three copies reach the disk
    return Finding("race", scenario.title, scheme, scenario.unit, figures, ratios, scenario.goals_over(scheme),
                   scenario.note)


def measure_all(folder: pathlib.Path, options, tell) -> None:
    """Every scenario over both schemes; `tell` is given each finding."""
    speed = Speed(folder, options.rounds, options.seconds)
    for scenario in SCENARIOS:
        if scenario.name in options.parts:
            for scheme in SCHEMES:
                tell(speed.measure(scenario, scheme))
