"""What was measured, as benchmarks.md beside benchmarks.svg (chart.py). Words outside the two marks are kept."""

import pathlib

import chart
from findings import Figure, Finding
from wording import NAMES, name_of, number, title_of

BEGIN, END = "<!-- measured: written by ./dev bench -->", "<!-- end of what was measured -->"
INTRODUCTION = """\
Medians of {rounds} rounds of {seconds:g} s, contestants in turn within each round; lowest and highest round in brackets.
A ratio is the median of the rounds' own ratios, so it may differ a little from the quotient of the medians. SharedKey
signatures are checked and audit is on; a PUT is acknowledged when it is durable in at least two of three encrypted
copies. Azurite runs with its defaults (files, no sync); nginx serves files of the same sizes without authentication."""


def spread(figure: Figure) -> str:
    between = f" ({number(figure.low)}-{number(figure.high)})" if figure.low < figure.high else ""
    return number(figure.median) + between


def line(finding: Finding) -> str:
    """One line for the terminal."""
    figures = ", ".join(f"{name} {number(figure.median)}" for name, figure in finding.figures.items())
    verdicts = [f"{name} {finding.value(name):.2f}: {goal.verdict(finding.value(name))}"
                for name, goal in finding.goals.items()]
    verdicts += [f"{name} {ratio:.2f}" for name, ratio in finding.ratios.items() if name not in finding.goals]
    return f"{title_of(finding)}: {figures} {finding.unit} -> {'; '.join(verdicts)}"


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)] + [""]


def races(findings: list[Finding]) -> list[str]:
    rows = []
    for one in findings:
        for name in one.ratios:
            if name != "no-audit":
                rows.append([title_of(one), f"{spread(one.figures['freehold'])} {one.unit}",
                             f"{NAMES[name]}: {spread(one.figures[name])}", f"{one.ratios[name]:.2f}",
                             str(one.goals.get(name, "")), verdict(one, name)])
    notes = {f"- {one.title}: {one.note}": None for one in findings if one.note}
    return [*table(["what", "Freehold", "peer", "ratio", "goal", "reached"], rows), *notes, ""]


def verdict(one: Finding, name: str) -> str:
    return one.goals[name].verdict(one.value(name)) if name in one.goals else ""


def audit(findings: list[Finding]) -> list[str]:
    rows = []
    for one in findings:
        own, without = one.figures["freehold"], one.figures["no-audit"]
        rows.append([title_of(one), f"{spread(own)} {one.unit}", spread(without), f"{1 - one.ratios['no-audit']:.1%}",
                     f"{number(own.cpu_us)} us, {number(without.cpu_us)} us",
                     "yes" if one.goals["no-audit"].met_by(one.ratios["no-audit"]) else "no"])
    return table(["what", "with audit", "without", "what audit costs", "processor time a request, with and without",
                  "at most 10%"], rows)


def growth(findings: list[Finding]) -> list[str]:
    rows = [[one.title, spread(one.figures["few"]), f"{spread(one.figures['freehold'])} {one.unit}",
             f"{one.ratios['few']:.2f}", str(one.goals["few"]), verdict(one, "few")] for one in findings]
    return table(["what", "few", "many", "times slower", "goal", "reached"], rows)


def limits(findings: list[Finding]) -> list[str]:
    rows = [[one.title, f"{spread(one.figures['freehold'])} {one.unit}",
             str(one.goals["freehold"]), verdict(one, "freehold")] for one in findings]
    notes = {f"- {one.title}: {one.note}": None for one in findings if one.note}
    return [*table(["what", "Freehold", "goal", "reached"], rows), *notes, ""]


def costs(findings: list[Finding]) -> list[str]:
    rows = []
    for one in findings:
        for name, figure in one.figures.items():
            if figure.cpu_us is not None:
                rows.append([title_of(one), name_of(one, name), f"{figure.p50_us / 1000:.2f} ms",
                             f"{figure.p99_us / 1000:.2f} ms", f"{number(figure.cpu_us)} us", str(figure.errors)])
    return table(["what", "who", "p50", "p99", "processor time a request", "errors"], rows)


SECTIONS = [("Against Azurite, nginx and the disk", "race", races), ("What audit costs", "race", audit),
            ("Keys and secrets", "processor", races), ("As blobs and keys grow many", "growth", growth), ("Memory and starts", "limit", limits),
            ("Deciding", "decision", limits)]


def measured(run: dict) -> str:
    about, findings = run["machine"], run["findings"]
    lines = [BEGIN, "", f"Measured {about['date']}, commit {about['commit']}, on {about['hardware']}. Server, peers and "
             "load generator share these processors.", "",
             INTRODUCTION.format(rounds=run["rounds"], seconds=run["seconds"]), "", f"{about['versions']}.", "",
             "![Figures side by side](benchmarks.svg)", ""]
    for title, kind, render in SECTIONS:
        if chosen := [one for one in findings if one.kind == kind]:
            lines += [f"## {title}", "", *render(chosen)]
    if any(figure.cpu_us is not None for one in findings for figure in one.figures.values()):
        lines += ["## Latency and processor time", "", *costs(findings)]
    return "\n".join([*lines, END])


def write(folder: pathlib.Path, run: dict) -> None:
    page = folder / "benchmarks.md"
    text = page.read_text() if page.exists() else f"# Benchmarks\n\n`./dev bench` writes this page.\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    page.write_text(before + measured(run) + rest.partition(END)[2])
    (folder / "benchmarks.svg").write_text(chart.draw(run["findings"]))
    print(f"wrote {page} and {folder / 'benchmarks.svg'}")
