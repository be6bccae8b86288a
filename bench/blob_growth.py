"""What becomes slower, larger or later as blobs grow many: a region with few of them beside one with very many."""

import dataclasses
import pathlib
import subprocess
import time

import load
import memory
from entrants import Entrant, running
from findings import Figure, Finding, Goal, paired_ratio

FEW = 10_000
SIZE = 4 * memory.KIB
CONTAINER = "blobs"
SCHEME = "http"
FILL_SECONDS = 1800  # at most, for all the blobs
FILL_CONNECTIONS = 256
TIMES = 3           # starts of each kind
WRITES_BEFORE_KILL_SECONDS = 3
START_SECONDS = 120

WITHIN = Goal(1.5, at_most=True)
MEMORY_MIB = Goal(250, at_most=True)
AFTER_STOP_SECONDS = Goal(2, at_most=True)
AFTER_KILL_SECONDS = Goal(15, at_most=True)


@dataclasses.dataclass(frozen=True)
class Work:
    op: str
    title: str
    connections: int


# In this order: the PUTs come last, because they add to what was there.
WORKS = [Work("list", "First page of a listing", 4),
         Work("get", "GET 4 KiB", 64),
         Work("put", "PUT 4 KiB", 64)]


class Growth:
    """The two regions, filled. Owned by measure_all()."""

    def __init__(self, few: Entrant, many: Entrant, blobs: int, options, tell):
        self.few = few
        self.many = many
        self.blobs = blobs
        self.options = options
        self.tell = tell

    def fill(self) -> None:
        for entrant, count in ((self.few, FEW), (self.many, self.blobs)):
            entrant.make_container(CONTAINER, SCHEME)
            run = load.run(entrant, SCHEME, container=CONTAINER, op="put", size=SIZE, requests=count,
                           connections=FILL_CONNECTIONS, patience=FILL_SECONDS)
            if run["errors"] or run["completed"] < count:
                raise RuntimeError(f"only {run['completed']} of {count} blobs were put ({run['errors']} errors)")
            print(f"{count:,} blobs put: {run['rps']:,.0f}/s", flush=True)

    def race(self, work: Work) -> None:
        runs = {"freehold": [], "few": []}
        for number in range(self.options.rounds):
            pair = [("freehold", self.many, self.blobs), ("few", self.few, FEW)]
            for name, entrant, blobs in pair[::-1] if number % 2 else pair:
                objects = {"objects": blobs, "seed": number} if work.op == "get" else {}
                runs[name].append(load.run(entrant, SCHEME, container=CONTAINER, op=work.op, size=SIZE, **objects,
                                           connections=work.connections, prefix=f"r{number}-",
                                           seconds=self.options.seconds))
        rates = {name: [run["rps"] for run in all_runs] for name, all_runs in runs.items()}
        self.tell(Finding("growth", f"{work.title}, {self.blobs:,} blobs against {FEW:,}", SCHEME, "requests/s",
                          {name: Figure.of(rates[name], runs[name]) for name in runs},
                          {"few": paired_ratio(rates["few"], rates["freehold"])}, {"few": WITHIN}))

    def memory(self, when: str) -> None:
        value = memory.at_rest(self.many.pid(SCHEME)) / memory.MIB
        self.tell(Finding("limit", f"Memory with {self.blobs:,} blobs, {when}", "", "MiB",
                          {"freehold": Figure.of([value])}, {}, {"freehold": MEMORY_MIB},
                          "Resident (VmRSS), at rest."))

    # --- starts ------------------------------------------------------------------------------------------------------

    def ready_seconds(self) -> float:
        """From the start of the process to its first right answer."""
        begun = time.monotonic()
        self.many.process.start(START_SECONDS)
        client = self.many.client(SCHEME)
        reply = client.get(f"{CONTAINER}/{self.blobs // 2}")
        client.close()
        if reply.status != 200 or len(reply.body) != SIZE:
            raise RuntimeError(f"a blob is gone after a start: {reply.status}")
        return time.monotonic() - begun

    def write_and_kill(self, number: int) -> None:
        line, env = load.command(self.many, SCHEME, container=CONTAINER, op="put", size=SIZE, connections=64,
                                 prefix=f"k{number}-", seconds=60)
        writer = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        try:
            time.sleep(WRITES_BEFORE_KILL_SECONDS)  # the length of the load, not a wait for something
            self.many.process.kill()
        finally:
            writer.kill()
            writer.wait()

    def starts(self) -> None:
        after_stop, after_kill = [], []
        for _ in range(TIMES):
            self.many.process.stop()
            after_stop.append(self.ready_seconds())
        self.memory("after a start")
        for number in range(TIMES):
            self.write_and_kill(number)
            after_kill.append(self.ready_seconds())
        for title, values, goal in (("a clean stop", after_stop, AFTER_STOP_SECONDS),
                                    ("kill -9 among writes", after_kill, AFTER_KILL_SECONDS)):
            self.tell(Finding("limit", f"Start with {self.blobs:,} blobs after {title}", "", "s",
                              {"freehold": Figure.of(values)}, {}, {"freehold": goal},
                              "From the start of the process to its first right answer."))


def measure_all(folder: pathlib.Path, options, tell) -> None:
    if "growth" not in options.parts:
        return
    with running(["freehold"], folder / "few") as few, running(["freehold"], folder / "many") as many:
        growth = Growth(few["freehold"], many["freehold"], options.blobs, options, tell)
        growth.fill()
        growth.memory("when they were put")
        for work in WORKS:
            growth.race(work)
        growth.memory("after reads and writes")
        growth.starts()
