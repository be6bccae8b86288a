#!/usr/bin/env python3
"""Runs clang-tidy over src/ by .clang-tidy, and remembers what was clean.

Usage: tools/tidy.py [--jobs N] [--since REF] [FILE...]   (exit 1 if there is a finding)

A file that was clean isn't looked at again until it, a header of ours that it reaches, its compile command or .clang-tidy
changes. --since REF looks only at what differs from REF or reaches something that does.

Most of clang-tidy's time goes into the headers of the standard library and of Asio. So files of one module that compile
alike are looked at together, as one text that includes them all; those whose names collide are put apart and tried again.
"""
import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/debug"
CLEAN = ROOT / "build/tidy"
PCH = ROOT / "cmake/pch.h"
TIDY = "clang-tidy-19"
TOGETHER = 12  # files in one run: more would save little and leave the last processor alone for longer
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
FINDING = re.compile(r"^(/[^:]+):\d+:\d+: (?:error|warning): .*\[(.*)\]$")


def compile_commands():
    """Maps each .cpp of src/ to its compiler arguments, without the precompiled header, input and output."""
    commands = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT / "src"):
            commands.setdefault(path, bare(shlex.split(entry["command"])[1:]))
    return commands


def bare(arguments):
    kept, rest = [], iter(arguments)
    for argument in rest:
        if argument == "-Xclang":
            if next(rest) in {"-include-pch", "-include"}:
                next(rest), next(rest)
        elif argument in {"-o", "-c"}:
            next(rest)
        elif argument not in {"-Winvalid-pch", "-fpch-instantiate-templates", "-Werror"}:
            kept.append(argument)
    return kept


@functools.cache
def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@functools.cache
def includes(path):
    return INCLUDE.findall(path.read_text())


def reached(path, arguments):
    """The file and all of our own headers that it includes, directly or not."""
    folders = [pathlib.Path(a[2:]) for a in arguments if a.startswith("-I")]
    seen, todo = set(), [path]
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        for name in includes(at):
            found = next((f for f in (at.parent / name, *(d / name for d in folders)) if f.is_file()), None)
            if found:
                todo.append(pathlib.Path(os.path.normpath(found)))
    return seen


def key_of(arguments, files):
    parts = [digest(ROOT / ".clang-tidy"), digest(PCH), *arguments]
    parts += sorted(f"{file}:{digest(file)}" for file in files)
    return CLEAN / hashlib.sha256("\n".join(parts).encode()).hexdigest()


def changed_since(ref):
    names = subprocess.run(["git", "diff", "--name-only", ref], cwd=ROOT, check=True, capture_output=True, text=True)
    return {ROOT / name for name in names.stdout.split()}


def stale(options, commands):
    """Maps the files to look at to the mark that says they are clean."""
    wanted = {pathlib.Path(name).resolve() for name in options.files} or set(commands)
    unknown = wanted - set(commands)
    if unknown:
        sys.exit(f"tools/tidy.py: nothing builds {unknown.pop()}")
    changed = changed_since(options.since) if options.since else None
    marks = {}
    for path in sorted(wanted):
        files = reached(path, commands[path])
        mark = key_of(commands[path], files)
        if not mark.exists() and (changed is None or files & changed):
            marks[path] = mark
    return marks


def batches(paths, commands):
    """Files that compile alike, some at a time. Fuzz targets stand alone: each has the same entry point."""
    alike = {}
    for path in paths:
        alone = path if path.stem.endswith("_fuzz") else None
        alike.setdefault((tuple(commands[path]), alone), []).append(path)
    for group in alike.values():
        for first in range(0, len(group), TOGETHER):
            yield group[first:first + TOGETHER]


def tidy(batch, arguments):
    """Returns what clang-tidy says, empty if nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".cpp", prefix="tidy-") as text:
        text.writelines(f'#include "{path}"\n' for path in batch)
        text.flush()
        run = subprocess.run([TIDY, "--quiet", f"--config-file={ROOT}/.clang-tidy", text.name, "--", *arguments, "-w",
                              "-ferror-limit=0", "-include", str(PCH)],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return "" if run.returncode == 0 else run.stdout or run.stderr or f"{TIDY} ended with {run.returncode}\n"


def parted(batch, said):
    """Where files of a batch don't compile together: the batches to try instead, else nothing."""
    faulty = {match.group(1) for match in map(FINDING.match, said.splitlines())
              if match and match.group(2) == "clang-diagnostic-error"}
    if not faulty or len(batch) == 1:
        return []
    apart = [path for path in batch if str(path) in faulty]
    if not apart or len(apart) == len(batch):
        apart = batch[:len(batch) // 2]
    return [[path for path in batch if path not in apart], apart]


def findings(said, told):
    """Drops what was told before: a header's findings come with every file that includes it."""
    kept, keep = [], True
    for line in said.splitlines():
        if FINDING.match(line):
            keep = line not in told
            told.add(line)
        if keep:
            kept.append(line)
    return "\n".join(kept)


def run(commands, marks, jobs):
    told, done, faulty = set(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        def start(batch):
            return pool.submit(tidy, batch, commands[batch[0]]), batch
        running = dict(start(batch) for batch in batches(marks, commands))
        while running:
            ended, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in ended:
                batch, said = running.pop(future), future.result()
                again = parted(batch, said)
                if again:
                    running.update(start(part) for part in again)
                    continue
                done += len(batch)
                print(f"[{done}/{len(marks)}] {batch[0].relative_to(ROOT)} and {len(batch) - 1} more", flush=True)
                if said:
                    faulty += 1
                    print(findings(said, told), flush=True)
                else:
                    for path in batch:
                        marks[path].touch()
    return faulty


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--since")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    CLEAN.mkdir(parents=True, exist_ok=True)
    commands = compile_commands()
    marks = stale(options, commands)
    sys.exit(1 if run(commands, marks, options.jobs) else 0)


if __name__ == "__main__":
    main()
