"""Azurite (npm) behind the same face as Server: the peer of the benchmarks, and a check of the tests themselves."""

import os
import pathlib
import signal
import subprocess

from . import node, paths
from .server import EMULATOR_ACCOUNT, EMULATOR_KEY
from .waiting import free_port, port_is_taken, wait_until

START_SECONDS = 60


class Azurite:
    """Owns one or two Azurite processes (http, https) over one account."""

    domain = "freehold.localhost"
    blob_suffix = "blob.core.freehold.localhost"
    account = EMULATOR_ACCOUNT
    key = EMULATOR_KEY

    def __init__(self, data, *, emulator=True, http_port=None, https=True, in_memory=False, **_ignored):
        self.data = pathlib.Path(data)
        self.https = https
        self.http_port = http_port or free_port()
        self.https_port = None
        self.in_memory = in_memory
        self.processes = []
        self._log_path = self.data.parent / (self.data.name + ".log")

    def start(self) -> "Azurite":
        self.data.mkdir(parents=True, exist_ok=True)
        self._launch(self.data / "http", self.http_port, [])
        if self.https:
            self.https_port = free_port()
            make_certificate(self.data, self.blob_suffix)
            self._launch(self.data / "https", self.https_port,
                         ["--cert", str(self.data / "server.pem"), "--key", str(self.data / "server.key")])
        return self

    @property
    def ca_file(self) -> str:
        return str(self.data / "ca.pem")

    @property
    def blob_url(self) -> str:
        return f"https://{self.account}.{self.blob_suffix}:{self.https_port}"

    @property
    def path_url(self) -> str:
        return f"https://127.0.0.1:{self.https_port}/{self.account}"

    @property
    def pid(self) -> int:
        return self.processes[0].pid

    def _launch(self, location: pathlib.Path, port: int, args: list[str]) -> None:
        program = node.installed(paths.ROOT / "bench") / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
        command = [node.node_program(), str(program), "--silent", "--skipApiVersionCheck", "--disableTelemetry",
                   "--blobHost", "127.0.0.1", "--blobPort", str(port), *args]
        command += ["--inMemoryPersistence"] if self.in_memory else ["--location", str(location)]
        with open(self._log_path, "ab") as output:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output))
        wait_until(lambda: port_is_taken(port), START_SECONDS, f"Azurite on port {port}")

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []

    kill = stop

    def log(self) -> str:
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""


def make_certificate(folder: pathlib.Path, suffix: str) -> None:
    """A throw-away CA and server certificate by the openssl program."""
    def openssl(*args):
        subprocess.run([paths.needs("openssl"), *args], cwd=folder, check=True, capture_output=True, timeout=30,
                       env=os.environ)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=peer test CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=peer",
            "-keyout", "server.key", "-out", "server.csr")
    (folder / "san.cnf").write_text(f"subjectAltName=DNS:*.{suffix},DNS:localhost,IP:127.0.0.1,IP:::1\n"
                                    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "san.cnf", "-out", "server.pem")
