"""The chart: a panel for each finding, bars to scale within it, and a mark where Freehold's bar ought to end (or stop).

Colours come from a style sheet inside the SVG, which follows the reader's light or dark scheme.
"""

from xml.sax.saxutils import escape

from findings import Finding
from wording import name_of, number, title_of

COLOURS = {  # light, dark
    "paper": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "faint": ("#59636e", "#9198a1"),
    "goal": ("#cf222e", "#ff7b72"),
    "freehold": ("#2563eb", "#4f8cff"),
    "no-audit": ("#93b4f5", "#2f4f8f"),
    "azurite": ("#9ca3af", "#6e7681"),
    "nginx": ("#16a34a", "#3fb950"),
    "disk": ("#b45309", "#d29922"),
    "few": ("#9ca3af", "#6e7681"),
    "service-key": ("#9ca3af", "#6e7681"),
    "barbican": ("#9ca3af", "#6e7681"),
    "openssl-rsa": ("#16a34a", "#3fb950"),
    "openssl-ec": ("#16a34a", "#3fb950"),
    **dict.fromkeys(("token-rsa", "token-ec", "token-raw"), ("#16a34a", "#3fb950")),
}
UNITS = {"requests a processor second": "/ CPU s"}  # where a bar leaves no room
PANEL_WIDTH, LEFT, BAR = 440, 106, 210  # of a panel; of its bars; the longest bar
HEAD, ROW, GAP, MARGIN = 24, 20, 18, 20


def style() -> str:
    def rules(scheme: int) -> str:
        return " ".join(f".{name} {{ fill: {pair[scheme]} }}" for name, pair in COLOURS.items())
    return f"<style>\n{rules(0)}\n@media (prefers-color-scheme: dark) {{\n{rules(1)}\n}}\n</style>"


def text(x: float, y: float, words: str, kind: str = "ink", **attributes) -> str:
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}"{more}>{escape(words)}</text>'


def rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}"/>'


def third_of_disk(finding: Finding, name: str) -> bool:
    """What the disk could take if each byte were written three times, as Freehold does."""
    return name == "disk" and finding.unit == "MB/s"


def bars_of(finding: Finding) -> list[tuple[str, str, float]]:
    """Class, label, value."""
    bars = []
    for name, figure in finding.figures.items():
        label, value = name_of(finding, name), figure.median
        if third_of_disk(finding, name):
            label, value = label + " / 3", value / 3
        bars.append((name, label, value))
    return bars


def goal_of(finding: Finding) -> float | None:
    """Where Freehold's bar reaches all its goals against peers."""
    if finding.kind in ("limit", "decision"):
        return finding.goals["freehold"].value
    if finding.kind == "growth":
        return finding.figures["few"].median / finding.goals["few"].value
    bars = {name: value for name, _, value in bars_of(finding)}
    return max((bars[name] * goal.value for name, goal in finding.goals.items() if name != "no-audit"), default=None)


def panel(finding: Finding, x: float, y: float) -> list[str]:
    bars, goal = bars_of(finding), goal_of(finding)
    longest = max([value for _, _, value in bars] + [goal or 0]) or 1
    parts = [text(x, y + 12, title_of(finding), font_weight="bold")]
    for index, (kind, label, value) in enumerate(bars):
        at = y + HEAD + index * ROW
        length = max(1, BAR * value / longest)
        parts += [text(x, at + 11, label, "faint", font_size=11), rect(kind, x + LEFT, at, length, 14)]
        end = length
        if goal is not None and kind == "freehold":
            mark = BAR * goal / longest
            parts.append(rect("goal", x + LEFT + mark - 1, at - 3, 2, 20))
            end = max(length, mark)
        parts.append(text(x + LEFT + end + 6, at + 11, f"{number(value)} {UNITS.get(finding.unit, finding.unit)}", font_size=11))
    return parts


def draw(findings: list[Finding]) -> str:
    """Two panels in a row, in the order in which they were measured."""
    parts, y = [], MARGIN + 24
    for index in range(0, len(findings), 2):
        pair = findings[index:index + 2]
        for column, finding in enumerate(pair):
            parts += panel(finding, MARGIN + column * PANEL_WIDTH, y)
        y += HEAD + ROW * max(len(one.figures) for one in pair) + GAP
    width = 2 * MARGIN + 2 * PANEL_WIDTH
    legend = [rect("goal", MARGIN, MARGIN - 8, 2, 16),
              text(MARGIN + 8, MARGIN + 4, "what Freehold's bar is to reach; or, of memory and time, not to pass",
                   "faint", font_size=11)]
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
            'font-family="sans-serif" font-size="12">')
    return "\n".join([head, style(), rect("paper", 0, 0, width, y), *legend, *parts, "</svg>"]) + "\n"
