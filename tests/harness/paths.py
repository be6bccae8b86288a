"""Where things are: the program under test, the build folder, temporary folders that go away."""

import os
import pathlib
import shutil
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


def freehold_binary() -> pathlib.Path:
    """The program under test: FREEHOLD_BIN, or what `./dev build` leaves."""
    path = pathlib.Path(os.environ.get("FREEHOLD_BIN", BUILD / "release" / "freehold"))
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"no freehold program at {path}: run `./dev build`, or set FREEHOLD_BIN")
    return path.resolve()


def temporary_folder(case, name: str = "fh-") -> pathlib.Path:
    """A folder that is removed when `case` (a TestCase, or a TestCase class in setUpClass) is done."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=name))
    cleanup = case.addClassCleanup if isinstance(case, type) else case.addCleanup
    cleanup(shutil.rmtree, path, ignore_errors=True)
    return path


def needs(program: str) -> str:
    """The path of a client program; its absence is a failure, because a client that wasn't run proves nothing."""
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(f"{program} is not installed: `./dev` installs it (apt-get install {program})")
    return path
