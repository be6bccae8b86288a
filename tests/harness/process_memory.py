"""What a running process has in memory, page by page, with what the kernel was told of each range. Takes root."""

import dataclasses
import os
import pathlib
import re
import struct

PAGE = os.sysconf("SC_PAGE_SIZE")
PRESENT_OR_SWAPPED = 0b11 << 62  # of an entry of /proc/PID/pagemap
HEADER = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+ *(.*)$")
AT_ONCE = 16 << 20


@dataclasses.dataclass
class Range:
    """A line of /proc/PID/smaps."""
    begin: int
    end: int
    access: str
    name: str
    flags: set  # VmFlags: "dd" is in no core, "lo" is locked

    @property
    def hidden(self) -> bool:
        """In no core and no swap."""
        return {"dd", "lo"} <= self.flags

    def __str__(self):
        return f"{self.begin:x}-{self.end:x} {self.access} {self.name or 'anonymous'} {' '.join(sorted(self.flags))}"


def ranges(pid: int) -> list[Range]:
    found: list[Range] = []
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        header = HEADER.match(line)
        if header:
            found.append(Range(int(header[1], 16), int(header[2], 16), header[3], header[4], set()))
        elif line.startswith("VmFlags:"):
            found[-1].flags = set(line.split()[1:])
    return [each for each in found if each.name not in ("[vvar]", "[vsyscall]", "[vdso]")]


def filled_parts(pid: int, region: Range):
    """(begin, end) of what has pages, in memory or swapped out."""
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
        pages = (region.end - region.begin) // PAGE
        entries = os.pread(pagemap.fileno(), 8 * pages, region.begin // PAGE * 8)
    begin = None
    for number, (entry,) in enumerate(struct.iter_unpack("<Q", entries)):
        at = region.begin + number * PAGE
        if entry & PRESENT_OR_SWAPPED:
            begin = at if begin is None else begin
            if at + PAGE - begin >= AT_ONCE:
                yield begin, at + PAGE
                begin = None
        elif begin is not None:
            yield begin, at
            begin = None
    if begin is not None:
        yield begin, region.begin + len(entries) // 8 * PAGE


@dataclasses.dataclass
class Sighting:
    what: str
    region: Range
    address: int
    around: bytes

    def __str__(self):
        return f"{self.what} at {self.address:x} in {self.region}: {self.around!r}"


def find(pid: int, needles: dict[bytes, str]) -> list[Sighting]:
    """Every place of each needle. Ranges that go away meanwhile are passed over."""
    overlap = max(map(len, needles)) - 1
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for region in ranges(pid):
            for begin, end in filled_parts(pid, region):
                begin = max(region.begin, begin - overlap)
                try:
                    block = os.pread(memory.fileno(), end - begin, begin)
                except OSError:
                    continue
                for needle, what in needles.items():
                    at = block.find(needle)
                    while at >= 0:
                        around = block[max(0, at - 48):at + len(needle) + 48]
                        found.append(Sighting(what, region, begin + at, around))
                        at = block.find(needle, at + 1)
    return found
