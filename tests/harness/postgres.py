"""Postgres: a PostgreSQL server of Debian's in a folder of its own, reached by a Unix socket in that folder only."""

import hashlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

from . import paths
from .waiting import wait_until

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
USER = "postgres"  # the package's user: PostgreSQL refuses to run as root
SECONDS = 120

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
shared_buffers = 16MB
fsync = off
archive_mode = on
archive_command = '{archive_command}'
"""


class Postgres:
    """Owns one cluster and its process; stops the process by its pid. All it starts runs as an unprivileged user."""

    def __init__(self, folder: pathlib.Path, env: dict):
        self.folder = folder
        self.data = folder / "data"
        self.env = {**os.environ, **env, "HOME": str(folder), "PGHOST": str(folder), "PGUSER": USER,
                    "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
        self.process = None
        self.log_path = folder / "postgres.log"
        self.identity: dict = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            self.identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(folder, user.pw_uid, user.pw_gid)

    def create(self, archive_command: str) -> None:
        self.run("initdb", "--pgdata", self.data, "--auth=trust", f"--username={USER}", "--no-sync", "--locale=C.UTF-8")
        with open(self.data / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS.format(folder=self.folder, archive_command=archive_command))

    def run(self, program: str, *args, code=0) -> str:
        """Runs one of PostgreSQL's programs, or of its friends, as the server's user."""
        path = shutil.which(program, path=self.env["PATH"]) or paths.needs(program)
        done = subprocess.run([path, *map(str, args)], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=SECONDS, env=self.env, **self.identity)
        if done.returncode != code:
            raise AssertionError(f"{program} {args}: exit code {done.returncode}\n{done.stdout[-3000:]}"
                                 f"{done.stderr[-3000:]}\n{self.log()[-3000:]}")
        return done.stdout

    def sql(self, text: str) -> str:
        return self.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", USER, "-c", text).strip()

    def digest(self) -> str:
        """SHA-256 of everything that is in the database. pg_dump's own random words are left out."""
        lines = self.run("pg_dump", "-d", USER).splitlines()
        kept = (line for line in lines if not line.startswith(("\\restrict ", "\\unrestrict ")))
        return hashlib.sha256("\n".join(kept).encode()).hexdigest()

    def start(self) -> None:
        """Returns when it takes writes: a restored cluster has then recovered and been promoted."""
        with open(self.log_path, "ab") as output:
            self.process = subprocess.Popen([PROGRAMS / "postgres", "-D", str(self.data)], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.env,
                                            **self.identity)
        wait_until(self._takes_writes, SECONDS, "PostgreSQL that takes writes", every=0.1)

    def _takes_writes(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"PostgreSQL ended with {self.process.returncode}:\n{self.log()[-3000:]}")
        asked = subprocess.run([PROGRAMS / "psql", "-XAtq", "-d", USER, "-c", "select pg_is_in_recovery()"],
                               stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env=self.env,
                               cwd=self.folder, **self.identity)
        return asked.stdout.strip() == "f"

    def stop(self) -> None:
        """Fast shutdown: what is committed is written, and archived."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(SECONDS)

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait(SECONDS)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
