#!/usr/bin/env python3
"""Style as a test: what review would otherwise say again and again, each with its replacement.

Usage: tools/check_style.py   (prints one line a fault, exit 1 if there is any)
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = 500

# pattern, replacement, path prefixes where it is allowed
RULES = [
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "finish it, or leave it out and say so in the docs", []),
    (re.compile(r"std::chrono::system_clock::now"), "Clock::now (base/clock.h)", ["src/foundation/base/"]),
    (re.compile(r"\bs?rand\(|std::random_device"), "Random (base/random.h)", ["src/foundation/base/"]),
    (re.compile(r"std::(cout|cerr)\b"), "log() (base/log.h), or the command's own output in app/",
     ["src/app/", "bench/", "tools/", "tests/"]),
    (re.compile(r"std::regex"), "a hand-written parser or parse_* of base/encoding.h", []),
    (re.compile(r"\bvolatile\b"), "std::atomic, or wipe() of base/secret.h",
     ["src/foundation/base/include/base/wipe_inline.h"]),
    (re.compile(r"std::this_thread::sleep_for"), "TaskScope::sleep; in tests poll a condition with a deadline",
     ["src/foundation/disk/", "tests/", "bench/"]),
    (re.compile(r"\bmemcmp\("), "constant_time_equal for secrets, == for the rest", []),
    (re.compile(r"(?<![\w.])(utils|helpers|common|manager)\.(h|cpp)"), "a name that says what the file is", []),
]


def sources():
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src", "tests", "bench"],
                         cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / p for p in out.split() if p.endswith((".h", ".cpp", ".inl"))]


def faults_of(path):
    name = str(path.relative_to(ROOT))
    lines = path.read_text().splitlines()
    if len(lines) > MAX_LINES:
        yield f"{name}: {len(lines)} lines; which two things live in it?"
    if path.suffix == ".h" and "#pragma once" not in lines[:20]:
        yield f"{name}: no #pragma once near the top"
    for number, line in enumerate(lines, 1):
        for pattern, instead, allowed in RULES:
            if pattern.search(line) and not any(name.startswith(p) for p in allowed) and "style:" not in line:
                yield f"{name}:{number}: '{pattern.search(line).group(0)}': use {instead}"


def main():
    files = sources()
    faults = [fault for path in files if path.exists() for fault in faults_of(path)]
    print("\n".join(faults) if faults else f"{len(files)} files keep the style")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
