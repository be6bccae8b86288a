"""What was measured, as docs/benchmarks.md and docs/benchmarks.svg. Words outside the two marks in the page are kept."""

import datetime
import pathlib
import platform
import subprocess

BEGIN, END = "<!-- measured: written by ./dev bench -->", "<!-- end of what was measured -->"
COLOURS = {"freehold": "#2563eb", "azurite": "#9ca3af", "nginx": "#16a34a", "disk": "#b45309"}
NAMES = {"freehold": "Freehold", "azurite": "Azurite", "nginx": "nginx", "disk": "the disk (fio)"}


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def line(found: dict) -> str:
    """One line for the terminal."""
    medians = ", ".join(f"{name} {number(peer['median'])}" for name, peer in found["peers"].items())
    ratios = ", ".join(f"{value:.2f}x {name}" for name, value in found["ratios"].items())
    return f"{found['title']}, {found['scheme']}: {medians} {found['unit']} -> {ratios}"


def first(command: list[str], default: str = "unknown") -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return default
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].strip() if lines else default


def machine() -> str:
    info = pathlib.Path("/proc/cpuinfo").read_text()
    models = [each.partition(":")[2].strip() for each in info.splitlines() if each.startswith("model name")]
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / (1 << 20)
    disk = first(["findmnt", "--noheadings", "--output", "FSTYPE", "--target", "."])
    return (f"{len(models)} x {models[0] if models else platform.machine()}, {memory:.0f} GiB of memory, {disk} file "
            f"system, Linux {platform.release()}. Server, peers and load generator share these processors.")


def table(found: list[dict]) -> list[str]:
    rows = ["| what | scheme | Freehold | peer | ratio | goal | reached |", "|---|---|---|---|---|---|---|"]
    for one in found:
        own = one["peers"]["freehold"]
        for name, ratio in one["ratios"].items():
            peer = one["peers"][name]
            goal = one["goals"].get(name)
            verdict = "" if goal is None else "yes" if ratio >= goal else f"no: {ratio / goal:.0%} of it"
            rows.append(f"| {one['title']} | {one['scheme']} | {number(own['median'])} {one['unit']} "
                        f"({number(own['low'])}-{number(own['high'])}) | {NAMES[name]}: {number(peer['median'])} "
                        f"({number(peer['low'])}-{number(peer['high'])}) | {ratio:.2f} | "
                        f"{'' if goal is None else goal} | {verdict} |")
    return rows


def costs(found: list[dict]) -> list[str]:
    rows = ["| what | scheme | who | p50 | p99 | processor time a request | errors |", "|---|---|---|---|---|---|---|"]
    for one in found:
        for name, peer in one["peers"].items():
            if name != "disk":
                rows.append(f"| {one['title']} | {one['scheme']} | {NAMES[name]} | {peer['p50_us'] / 1000:.2f} ms | "
                            f"{peer['p99_us'] / 1000:.2f} ms | {number(peer['cpu_us'])} us | {peer['errors']} |")
    return rows


def measured(found: list[dict], rounds: int, seconds: float) -> str:
    today = datetime.date.today().isoformat()
    floors = [f"- {one['title']}: {one['floor']}." for one in found if one["floor"] and one["scheme"] == "http"]
    lines = [BEGIN, "", f"Measured {today}, commit {first(['git', 'rev-parse', '--short', 'HEAD'])}, on {machine()}", "",
             f"Medians of {rounds} rounds of {seconds:g} s, peers in turn within each round; lowest and highest round in "
             "brackets. SharedKey signatures are checked and audit is on; a PUT is acknowledged when it is durable in at "
             "least two of three encrypted copies. Azurite runs with its defaults (files, no sync); nginx serves files of "
             "the same sizes without authentication.", "",
             f"{first(['nginx', '-v'])}, node {first(['node', '--version'])}, {first(['fio', '--version'])}, "
             "azurite as pinned in `bench/package-lock.json`.", "", "![Figures side by side](benchmarks.svg)", "",
             *table(found), "", "The disk's figures are:", "", *floors, "", *costs(found), "", END]
    return "\n".join(lines)


def write(docs: pathlib.Path, found: list[dict], rounds: int, seconds: float) -> None:
    page = docs / "benchmarks.md"
    text = page.read_text() if page.exists() else f"# Benchmarks\n\n`./dev bench` writes this page.\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(before + measured(found, rounds, seconds) + after)
    (docs / "benchmarks.svg").write_text(chart(found))
    print(f"wrote {page} and {docs / 'benchmarks.svg'}")


def chart(found: list[dict]) -> str:
    """A panel for each scenario and scheme; bars are to scale within their panel."""
    panel_width, row, left, bar = 430, 22, 96, 230
    parts, y = [], 20
    pairs = [found[index:index + 2] for index in range(0, len(found), 2)]
    for pair in pairs:
        height = 30 + row * max(len(one["peers"]) for one in pair)
        for column, one in enumerate(pair):
            x = 20 + column * panel_width
            parts.append(f'<text x="{x}" y="{y + 12}" font-weight="bold">{one["title"]}, {one["scheme"]}</text>')
            values = {name: peer["median"] for name, peer in one["peers"].items()}
            if "disk" in values and one["unit"] == "MB/s":
                values["disk"] /= 3  # what the disk could take if each byte were written three times
            top = max(values.values()) or 1
            for index, (name, value) in enumerate(values.items()):
                at = y + 22 + index * row
                label = NAMES[name] + (" / 3" if name == "disk" and one["unit"] == "MB/s" else "")
                parts.append(f'<text x="{x}" y="{at + 13}" font-size="11">{label}</text>'
                             f'<rect x="{x + left}" y="{at + 2}" width="{max(1, bar * value / top):.0f}" height="15" '
                             f'fill="{COLOURS[name]}"/>'
                             f'<text x="{x + left + 6 + bar * value / top:.0f}" y="{at + 13}" font-size="11">'
                             f'{number(value)} {one["unit"]}</text>')
        y += height + 14
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{40 + 2 * panel_width}" height="{y}" '
            f'font-family="sans-serif" font-size="12" fill="#111827">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
