#!/usr/bin/env python3
"""Sends the requests by which a profile is taken (./dev profile): what ./dev bench sends of blobs and to a vault, in fixed
numbers and to Freehold alone. FREEHOLD_BIN names the program, which writes its counts when it is stopped."""

import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "bench"))

from blob_speed import SCENARIOS, prepare, run  # noqa: E402
from entrants import SCHEMES, running  # noqa: E402
from harness import paths  # noqa: E402
from vault_speed import WORKS, Vault  # noqa: E402

SMALL, LARGE = 20_000, 200  # requests of each kind


def ask_for_blobs(folder: pathlib.Path) -> None:
    with running(["freehold"], folder) as entrants:
        for scenario in SCENARIOS:
            for scheme in SCHEMES:
                prepare(entrants["freehold"], scenario, scheme)
                run(entrants["freehold"], scenario, scheme, prefix=scheme, requests=LARGE if scenario.large else SMALL)


def ask_a_vault(folder: pathlib.Path) -> None:
    with running(["vault"], folder) as entrants:
        vault = Vault(entrants["vault"])
        for work in WORKS:
            vault.run(work, requests=SMALL)


def main() -> int:
    folder = paths.BUILD / "profile-data"
    shutil.rmtree(folder, ignore_errors=True)
    ask_for_blobs(folder / "blobs")
    ask_a_vault(folder / "vault")
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
