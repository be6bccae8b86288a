"""Server: one `freehold up` process on free ports and a folder of its own."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

from . import paths
from .waiting import wait_until

READY = re.compile(r"^ready https=(\d+) http=(\d+|-) data=(.+) pid=(\d+)$", re.MULTILINE)
EMULATOR_ACCOUNT = "devstoreaccount1"
EMULATOR_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_SECONDS = 60  # DESIGN section 11: ready within 60 s, also after a kill or with a fault domain missing
STOP_SECONDS = 30   # ... and exit 0 within 30 s of SIGTERM


class StartFailed(Exception):
    """The process ended before it was ready: `code` is its exit code, `output` what it said."""

    def __init__(self, code: int, output: str):
        super().__init__(f"freehold up ended with exit code {code} before it was ready:\n{output}")
        self.code = code
        self.output = output


class Server:
    """Owns the process it starts and nothing else: stops it by the pid of its ready line, never by name."""

    def __init__(self, data, *, emulator=False, https_port=0, http_port=None, args=(), env=None, prefix=(),
                 program=None):
        self.data = pathlib.Path(data)
        self.program = program or paths.freehold_binary()
        self.emulator = emulator
        self.https_port_wanted = https_port
        self.http_port_wanted = 0 if emulator and http_port is None else http_port
        self.args = list(args)
        self.env = dict(env or {})
        self.prefix = list(prefix)
        self.process = None
        self.pid = None
        self.https_port = None
        self.http_port = None
        self.endpoints = {}
        self._output_path = self.data.parent / (self.data.name + ".log")

    # --- starting and stopping ---------------------------------------------------------------------------------------

    def command(self) -> list[str]:
        command = [*self.prefix, str(self.program), "up", "--data", str(self.data),
                   "--https-port", str(self.https_port_wanted), "--metrics-port", "0"]
        if self.http_port_wanted is not None:
            command += ["--http-port", str(self.http_port_wanted)]
        if self.emulator:
            command.append("--emulator")
        return command + self.args

    def start(self, seconds: float = START_SECONDS) -> "Server":
        assert self.process is None, "already started"
        begin = self._output_path.stat().st_size if self._output_path.exists() else 0
        with open(self._output_path, "ab") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env={**os.environ, **self.env})
        started = time.monotonic()

        def ready():
            found = READY.search(self._output_since(begin))
            if found is None and self.process.poll() is not None:
                code, self.process = self.process.returncode, None
                raise StartFailed(code, self._output_since(begin))
            return found

        try:
            found = wait_until(ready, seconds, "the ready line of freehold up")
        except TimeoutError:
            self.kill()
            raise
        self.start_seconds = time.monotonic() - started
        self.https_port = int(found[1])
        self.http_port = None if found[2] == "-" else int(found[2])
        self.pid = int(found[4])
        self.endpoints = json.loads((self.data / "endpoints.json").read_text())
        return self

    def stop(self) -> None:
        """SIGTERM: drains and exits 0 within 30 s, or this raises."""
        process, self.process = self.process, None
        if process is None:
            return
        os.kill(self.pid, signal.SIGTERM)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"freehold did not exit within {STOP_SECONDS} s of SIGTERM")
        if code != 0:
            raise AssertionError(f"freehold exited with {code} after SIGTERM, not 0:\n{self.log()[-4000:]}")

    def kill(self) -> None:
        """kill -9: as if the plug were pulled, as far as a process can tell."""
        process, self.process = self.process, None
        if process is not None:
            if self.pid not in (None, process.pid):
                os.kill(self.pid, signal.SIGKILL)
            process.kill()
            process.wait()

    def restart(self) -> "Server":
        self.stop()
        return self.start()

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    # --- what clients need -------------------------------------------------------------------------------------------

    def log(self) -> str:
        return self._output_since(0)

    def _output_since(self, begin: int) -> str:
        if not self._output_path.exists():
            return ""
        with open(self._output_path, "rb") as output:
            output.seek(begin)
            return output.read().decode("utf-8", "replace")

    @property
    def domain(self) -> str:
        return self.endpoints["domain"]

    @property
    def ca_file(self) -> str:
        return self.endpoints["caFile"]

    @property
    def blob_suffix(self) -> str:
        return self.endpoints["blobSuffix"]

    @property
    def account(self) -> str:
        return self.endpoints["storageAccounts"][0]["name"]

    @property
    def key(self) -> str:
        return self.endpoints["storageAccounts"][0]["key"]

    @property
    def blob_url(self) -> str:
        """https://ACCOUNT.blob.core.D:P, without a trailing slash."""
        return f"https://{self.account}.{self.blob_suffix}:{self.https_port}"

    @property
    def path_url(self) -> str:
        return f"https://127.0.0.1:{self.https_port}/{self.account}"


def run(*args, seconds: float = 60, env=None, check=False) -> subprocess.CompletedProcess:
    """Runs `freehold ARGS` to its end; stdout and stderr come as text."""
    done = subprocess.run([str(paths.freehold_binary()), *map(str, args)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=seconds, env={**os.environ, **(env or {})})
    if check and done.returncode != 0:
        raise AssertionError(f"freehold {' '.join(map(str, args))}: exit code {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done
