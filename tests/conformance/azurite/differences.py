"""differences.txt: each difference between Azurite's answers and ours, with its reason.

    ## who is right: why
    requests | aspect | Azurite -> Freehold

Right by Azure's documentation, its SDKs' tests or its recorded answers is `freehold`, `either` of them, or, what is a
defect of ours and waits to be mended, `azurite` or `neither`. `requests` are ids (group/name) with *, and {a,b} for
several; `aspect` is one of observation.py's, with *; the values are as they were seen, `-` for nothing, * for anything.
What both answer wrong in the same way has the same value twice. An indented line goes on with the row above it.

The first row that fits explains a difference. Each row, and each name in braces, has to explain one at least: it goes
when its difference does, which is part of mending a defect.
"""

import dataclasses
import pathlib
import re

TABLE = pathlib.Path(__file__).resolve().parent / "differences.txt"
RIGHT = ("freehold", "either", "azurite", "neither")


@dataclasses.dataclass(frozen=True)
class Difference:
    request: str
    aspect: str
    azurite: str
    freehold: str

    def __str__(self):
        return f"{self.request} | {self.aspect} | {self.azurite} -> {self.freehold}"


@dataclasses.dataclass
class Explanation:
    line: int
    request: str
    aspect: str
    azurite: str
    freehold: str
    used: bool = False

    def __str__(self):
        return f"line {self.line}: {self.request} | {self.aspect} | {self.azurite} -> {self.freehold}"

    def fits(self, found: Difference) -> bool:
        return (_fits(self.request, found.request) and _fits(self.aspect, found.aspect)
                and _fits(self.azurite, found.azurite) and _fits(self.freehold, found.freehold))


def compare(request: str, azurite: dict, freehold: dict) -> list[Difference]:
    """Of answers that are quite different nothing but that is said."""
    if azurite["answer"] != freehold["answer"]:
        return [Difference(request, "answer", azurite["answer"], freehold["answer"])]
    aspects = [*azurite, *(aspect for aspect in freehold if aspect not in azurite)]
    return [Difference(request, aspect, azurite.get(aspect, "-"), freehold.get(aspect, "-"))
            for aspect in aspects if azurite.get(aspect) != freehold.get(aspect)]


def read() -> list[Explanation]:
    found, right = [], None
    for number, line in _rows():
        if line.startswith("## "):
            right, _, why = line[3:].partition(": ")
            if right not in RIGHT or not why:
                raise ValueError(f"{TABLE.name}:{number}: a reason says who is right ({', '.join(RIGHT)}) and why")
        else:
            row = re.fullmatch(r"(.+?) +\| +(.+?) +\| +(.+?) -> (.+)", line)
            if right is None or not row:
                raise ValueError(f"{TABLE.name}:{number}: not a row below a reason: {line}")
            found += [Explanation(number, request, aspect, row[3], row[4])
                      for request in _alternatives(row[1]) for aspect in _alternatives(row[2])]
    return found


def _rows() -> list[tuple[int, str]]:
    """Lines with their numbers, those that go on put together; empty lines and comments left out."""
    rows = []
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if line.startswith(" ") and rows:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {line.strip()}")
        elif line and (line.startswith("## ") or not line.startswith("#")):
            rows.append((number, line))
    return rows


def unexplained(differences: list[Difference], table: list[Explanation]) -> list[Difference]:
    """Marks the rows that explain something as used."""
    left = []
    for difference in differences:
        row = next((row for row in table if row.fits(difference)), None)
        if row is None:
            left.append(difference)
        else:
            row.used = True
    return left


def mark_agreements(request: str, azurite: dict, freehold: dict, table: list[Explanation]) -> None:
    """Rows of what both answer alike are used where both do."""
    for row in table:
        if row.azurite == row.freehold and "*" not in row.azurite and _fits(row.request, request):
            row.used = row.used or azurite.get(row.aspect, "-") == freehold.get(row.aspect, "-") == row.azurite


def _alternatives(text: str) -> list[str]:
    match = re.search(r"\{([^{}]*)\}", text)
    if match is None:
        return [text]
    return [each for one in match[1].split(",")
            for each in _alternatives(text[:match.start()] + one.strip() + text[match.end():])]


def _fits(pattern: str, text: str) -> bool:
    """A lone `*` fits what is there; that there is nothing has to be written, as `-`."""
    if pattern == "*":
        return text != "-"
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None
