"""What was measured, and what was aimed at: plain data that every measurement makes and the report reads."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Goal:
    """A value to reach: at least so much, or at most. `aim` is what would be better still."""
    value: float
    at_most: bool = False
    aim: float | None = None

    def met_by(self, value: float) -> bool:
        return value <= self.value if self.at_most else value >= self.value

    def __str__(self) -> str:
        text = f"at most {self.value:g}" if self.at_most else f"{self.value:g}"
        return text + (f" (aim {self.aim:g})" if self.aim else "")

    def verdict(self, value: float) -> str:
        if not self.met_by(value):
            return f"no: {value / self.value:.2f} times it" if self.at_most else f"no: {value / self.value:.0%} of it"
        return "yes, and the aim" if self.aim and Goal(self.aim, self.at_most).met_by(value) else "yes"


@dataclasses.dataclass(frozen=True)
class Figure:
    """One contestant's rounds, summed up. Latencies and processor time only where requests were sent."""
    low: float
    median: float
    high: float
    p50_us: float | None = None
    p99_us: float | None = None
    cpu_us: float | None = None
    errors: int = 0

    @staticmethod
    def of(values: list[float], runs: list[dict] | None = None) -> "Figure":
        """`runs`: what the load generator said in the same rounds."""
        more = {}
        if runs:
            more = {key: statistics.median(run[key] for run in runs) for key in ("p50_us", "p99_us", "cpu_us")}
            more["errors"] = sum(run["errors"] + run["lost"] for run in runs)
        return Figure(min(values), statistics.median(values), max(values), **more)


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something measured. `figures` has Freehold's under "freehold", and those of whom it's held against.

    kind: "race", "processor" (ratio: Freehold's figure by the other's), "growth" (ratio: how many times slower than with few blobs),
    "limit" and "decision" (no other: the figure itself is held against goals["freehold"]).
    """
    kind: str
    title: str
    scheme: str
    unit: str
    figures: dict[str, Figure]
    ratios: dict[str, float]
    goals: dict[str, Goal]
    note: str = ""

    def value(self, other: str) -> float:
        """What goals[other] speaks of."""
        return self.figures["freehold"].median if self.kind in ("limit", "decision") else self.ratios[other]

    @staticmethod
    def from_json(found: dict) -> "Finding":
        figures = {name: Figure(**figure) for name, figure in found["figures"].items()}
        goals = {name: Goal(**goal) for name, goal in found["goals"].items()}
        return Finding(**{**found, "figures": figures, "goals": goals})


def paired_ratio(own: list[float], other: list[float]) -> float:
    """The median of the rounds' own ratios: what a slow moment does to both sides of a round cancels out. A round in
    which the other did nothing says nothing."""
    ratios = [mine / theirs for mine, theirs in zip(own, other, strict=True) if theirs > 0]
    return statistics.median(ratios) if ratios else float("inf")
