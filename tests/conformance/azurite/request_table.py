"""The table of requests: requests/*.txt, one request a line, in groups that begin with nothing but an empty container.

    [put-blob]                                       a group; {c} stands for its container
    plain     PUT /{c}/a type:BlockBlob body=hello   name, method, target, then words as a shell would split them

Words: `Header:value` (of a value without blanks; else in quotes), `-Header` leaves one out that is sent by itself,
`body=text`, `as=caller`, `save=variable:Header` keeps a header of the answer for {variable} further down. A line
`{name} = text` makes {name} stand for that text in the rest of its file; what else has braces is known to exchange.py.
A whole value `512*a` is 512 of them, `(md5)` is the body's digest. `as=` takes nobody, lite, wrong-key, sas(sr=b,sp=r)
and account-sas(sp=r) with more fields of a SAS (and `forged`); the account's key signs what names none.
"""

import dataclasses
import pathlib
import re
import shlex

FOLDER = pathlib.Path(__file__).resolve().parent / "requests"
SHORT = {"type": "x-ms-blob-type", "version": "x-ms-version", "lease": "x-ms-lease-id", "action": "x-ms-lease-action",
         "source": "x-ms-copy-source"}


@dataclasses.dataclass
class Row:
    group: str
    name: str
    method: str
    target: str
    headers: dict = dataclasses.field(default_factory=dict)
    left_out: set = dataclasses.field(default_factory=set)
    body: str = ""
    caller: str = "key"
    saves: dict = dataclasses.field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.group}/{self.name}"


def read() -> list[Row]:
    """All rows, in the order of the files' names; two rows of one name are an error of the table's author."""
    rows = [row for path in sorted(FOLDER.glob("*.txt")) for row in _rows_of(path)]
    ids = [row.id for row in rows]
    twice = {name for name in ids if ids.count(name) > 1}
    if twice:
        raise ValueError(f"rows of one name: {sorted(twice)}")
    return rows


def _rows_of(path: pathlib.Path):
    group, texts = None, {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            if line.startswith("["):
                group = line.strip("[]")
            elif re.match(r"\{[\w-]+\} = ", line):
                name, _, text = line.partition(" = ")
                texts[name] = _expand(text, texts)
            else:
                yield _row(group, shlex.split(_expand(line, texts)))
        except (ValueError, KeyError) as fault:
            raise ValueError(f"{path.name}:{number}: {fault}") from fault


def _expand(line: str, texts: dict) -> str:
    return re.sub(r"\{[\w-]+\}", lambda found: texts.get(found[0], found[0]), line)


def _row(group: str, words: list[str]) -> Row:
    row = Row(group, *words[:3])
    for word in words[3:]:
        if word.startswith("body="):
            row.body = word.removeprefix("body=")
        elif word.startswith("as="):
            row.caller = word.removeprefix("as=")
        elif word.startswith("save="):
            variable, _, header = word.removeprefix("save=").partition(":")
            row.saves[variable] = header.lower()
        elif word.startswith("-"):
            row.left_out.add(word[1:].lower())
        else:
            name, colon, value = word.partition(":")
            if not colon:
                raise ValueError(f"'{word}' is no word of a request")
            row.headers[SHORT.get(name, name)] = value.strip()
    return row
