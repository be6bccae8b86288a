#!/usr/bin/env python3
"""Fails if a module includes what tools/layers.json does not let it use, or if the allowed uses form a circle.

Usage: tools/check_layers.py   (from anywhere; prints one line a fault, exit 1 if there is any)
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([a-z_]+)/')
# Costly or dangerous third-party headers that only the named modules may see (DESIGN sections 1, 5 and 9).
CONFINED = {
    "openssl": {"base", "crypto", "http"},
    "intel-ipsec-mb.h": {"crypto"},
    "p11-kit": {"crypto"},
    "rocksdb": {"disk", "store"},
    "spdlog": {"base"},
    "CLI": {"app"},
    "toml++": {"app"},
}


def modules():
    """Maps a module's name to its folder: every folder under src/ with a CMakeLists.txt of its own."""
    return {p.parent.name: p.parent for p in (ROOT / "src").rglob("CMakeLists.txt") if p.parent != ROOT / "src"}


def circles(layers):
    """Yields each module that can reach itself."""
    def reach(start):
        seen, todo = set(), list(layers[start])
        while todo:
            name = todo.pop()
            if name not in seen and name in layers:
                seen.add(name)
                todo.extend(layers[name])
        return seen
    return [name for name in layers if name in reach(name)]


def main():
    layers = json.loads((ROOT / "tools/layers.json").read_text())
    found = modules()
    faults = [f"tools/layers.json: {name} takes part in a circle" for name in circles(layers)]
    for name, folder in sorted(found.items()):
        if name not in layers:
            faults.append(f"{folder.relative_to(ROOT)}: not in tools/layers.json")
            continue
        allowed = set(layers[name]) | {name}
        for path in sorted(folder.rglob("*")):
            if path.suffix not in {".h", ".cpp", ".inl"}:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match and not line.lstrip().startswith("#include"):
                    continue
                where = f"{path.relative_to(ROOT)}:{number}"
                head = match.group(1) if match else re.sub(r'.*[<"]([^/">]+).*', r"\1", line)
                if head in found and head not in allowed and "*" not in allowed:
                    faults.append(f"{where}: {name} may not use {head}")
                confined = re.sub(r'.*[<"]([^/">]+).*', r"\1", line)
                if confined in CONFINED and name not in CONFINED[confined]:
                    faults.append(f"{where}: <{confined}> is confined to {', '.join(sorted(CONFINED[confined]))}")
    print("\n".join(faults) if faults else f"{len(found)} modules keep their layers")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
