"""npm packages, pinned by a lock file, installed once under build/npm."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess

from . import paths

INSTALL_SECONDS = 300


def node_program() -> str:
    return os.environ.get("FREEHOLD_NODE") or paths.needs("node")


def installed(package: pathlib.Path) -> pathlib.Path:
    """The folder that holds node_modules as package-lock.json of `package` (a folder) says."""
    lock = (package / "package-lock.json").read_bytes()
    folder = paths.BUILD / "npm" / f"{package.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # suites that run side by side need the same packages
        if not (folder / ".installed").exists():
            install(package, folder)
    return folder


def install(package: pathlib.Path, folder: pathlib.Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(package / name, folder)
    done = subprocess.run([paths.needs("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"npm ci for {package} failed:\n{done.stdout}{done.stderr}")
    (folder / ".installed").touch()


def run_tests(case, package: pathlib.Path, script: str, seconds: int, **settings: str) -> str:
    """Runs node's tests of one script of `package` for a case whose server they are about; what they said."""
    folder = paths.temporary_folder(case)
    (folder / "node_modules").symlink_to(installed(package) / "node_modules")
    shared = [path.name for path in package.glob("*.mjs") if not path.name.endswith(".test.mjs")]
    for name in (script, "package.json", *shared):
        shutil.copy(package / name, folder)
    env = {**os.environ, "NODE_EXTRA_CA_CERTS": case.server.ca_file, "NO_PROXY": "*", **settings}
    done = subprocess.run([node_program(), "--test", "--test-reporter=spec", script], cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, env=env)
    case.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-3000:])
    case.assertNotIn("ℹ pass 0", done.stdout)
    return done.stdout
