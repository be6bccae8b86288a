"""What is looked at in an answer: a dictionary from an aspect to its value, with what is new in each run made alike.

    answer              201, or 404 BlobNotFound
    header NAME         its value
    xml PATH            the texts of all elements (and @attributes) of that path; once if they are all the same
    parts, content      of a batch, of a blob

What can't be foreseen is `<date>`, `<time>`, `<guid>`, `<seconds>`, and `<etag new>` or `<etag same>` (as before).
"""

import re
import xml.etree.ElementTree as xml

from .exchange import part_lines

# Of the connection, not of the API; content-length of what we don't compare byte for byte.
IGNORED = {"date", "server", "connection", "keep-alive", "transfer-encoding", "x-ms-error-code"}
SHAPES = [
    (re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), "<date>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"), "<time>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE), "<guid>"),
]
ETAG = re.compile(r'"?0x[0-9A-F]{10,}"?')


class Observer:
    """Looks at one side's answers in their order; `known` is what the table says and may come back."""

    def __init__(self, url: str, known: str):
        self._url = url
        self._known = known
        self._etags = {}

    def look(self, row, answer) -> dict:
        tree = _parsed(answer)
        seen = {"answer": _verdict(answer, tree)}
        target = (row.group, row.target.partition("?")[0])
        for name, value in answer.headers.items():
            if name in IGNORED or (name == "content-length" and (tree is not None or answer.status >= 400)):
                continue
            seen[f"header {name}"] = self._plain(value, target) or "empty"
        if int(seen.get("header x-ms-lease-time", 0)) > 0:
            seen["header x-ms-lease-time"] = "<seconds>"
        if answer.headers.get("content-type", "").startswith("multipart/mixed"):
            seen["parts"] = "; ".join(part_lines(answer))
            seen["header content-type"] = "multipart/mixed"
            seen.pop("header content-length", None)
        elif tree is not None:
            for path, values in _leaves(tree).items():
                seen[f"xml {path}"] = _together([self._plain(value, target) for value in values])
        elif row.method != "HEAD":
            seen["content"] = _content(answer.body)
        return seen

    def _plain(self, value: str, target) -> str:
        value = value.replace(self._url, "{url}")
        if ETAG.fullmatch(value):
            quotes = '"' if value.startswith('"') else ""
            bare = value.strip('"')
            before = self._etags.get(target)
            self._etags[target] = bare
            return f"<etag {'same' if bare == before else 'new'}>" if quotes else "<bare etag>"
        for pattern, shape in SHAPES:
            value = pattern.sub(lambda found, shape=shape: found[0] if found[0] in self._known else shape, value)
        return value


def _parsed(answer):
    if not answer.body or "xml" not in answer.headers.get("content-type", ""):
        return None
    try:
        return xml.fromstring(answer.body.decode("utf-8-sig"))
    except (xml.ParseError, UnicodeDecodeError):
        return None


def _verdict(answer, tree) -> str:
    code = answer.code
    told = tree.findtext("Code") if tree is not None and answer.status >= 400 else None
    if told and told != code:
        return f"{answer.status} {code or 'no header'} ({told} in the body)"
    return f"{answer.status} {code}".strip()


def _leaves(tree) -> dict:
    found = {}

    def walk(element, path):
        for name, value in element.attrib.items():
            found.setdefault(f"{path}@{name}", []).append(value)
        if len(element) == 0:
            text = "" if path == "Error/Message" else (element.text or "")
            found.setdefault(path, []).append(text.strip())
        for child in element:
            walk(child, f"{path}/{child.tag}")

    walk(tree, tree.tag)
    return found


def _together(values: list[str]) -> str:
    return ", ".join(values if len(set(values)) > 1 else values[:1]) or "empty"


def _content(body: bytes) -> str:
    text = body.decode("ascii", errors="backslashreplace")
    return text or "empty" if len(text) <= 80 else f"{text[:60]}... ({len(body)} bytes, sum {sum(body)})"
