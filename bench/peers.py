"""Who is raced against, and how much processor time they take: nginx on static files, fio on the same disk; and where the
bench's own programs are."""

import json
import os
import pathlib
import signal
import subprocess
import sys

from harness import azurite, paths
from harness.waiting import free_port, port_is_taken, wait_until

TICKS = os.sysconf("SC_CLK_TCK")

NGINX_CONF = """
daemon off;
user root;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  open_file_cache max=4096;
  ssl_certificate {folder}/server.pem;
  ssl_certificate_key {folder}/server.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {{
    listen 127.0.0.1:{http_port};
    listen 127.0.0.1:{https_port} ssl;
    root {folder}/files;
  }}
}}
"""


class Nginx:
    """Static files of the same sizes as the blobs: the ceiling for reads."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.http_port = free_port()
        self.https_port = free_port()
        self.process = None

    def start(self) -> "Nginx":
        (self.folder / "files").mkdir(parents=True, exist_ok=True)
        azurite.make_certificate(self.folder, "bench.localhost")
        conf = self.folder / "nginx.conf"
        conf.write_text(NGINX_CONF.format(folder=self.folder, http_port=self.http_port, https_port=self.https_port))
        nginx = next((path for path in ("/usr/sbin/nginx", "/usr/bin/nginx") if os.access(path, os.X_OK)), None)
        self.process = subprocess.Popen([nginx or paths.needs("nginx"), "-c", str(conf), "-p", str(self.folder)],
                                        stdin=subprocess.DEVNULL, stderr=open(self.folder / "stderr", "wb"))
        wait_until(lambda: port_is_taken(self.http_port), 20, "nginx")
        return self

    @property
    def pid(self) -> int:
        return self.process.pid

    def add_files(self, folder: str, count: int, size: int) -> None:
        target = self.folder / "files" / folder
        target.mkdir(exist_ok=True)
        for number in range(count):
            (target / str(number)).write_bytes(os.urandom(size))

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.terminate()
                self.process.wait(10)
            self.process = None


def built(target: str, variable: str = "") -> pathlib.Path:
    """A program of the bench; a variable of the environment may name another."""
    path = pathlib.Path(os.environ.get(variable, paths.BUILD / "release" / "bench" / target))
    if not path.exists():
        sys.exit(f"bench: no program at {path}: build the target {target}")
    return path


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its children that run (nginx's workers)."""
    def of(one: str) -> tuple[int, int]:
        fields = (pathlib.Path("/proc") / one / "stat").read_text().rpartition(")")[2].split()
        return int(fields[1]), int(fields[11]) + int(fields[12])
    total = of(str(pid))[1]
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent, ticks = of(entry)
            except (FileNotFoundError, ProcessLookupError):
                continue
            total += ticks if parent == pid else 0
    return total / TICKS


def fio(folder: pathlib.Path, seconds: float, *args: str) -> dict:
    """One fio job's "write" figures."""
    file = folder / "fio.data"
    done = subprocess.run([paths.needs("fio"), "--name=floor", f"--filename={file}", "--output-format=json", "--rw=write",
                           "--size=1G", "--time_based", f"--runtime={seconds}", *args],
                          capture_output=True, text=True, timeout=60 + seconds, check=True)
    return json.loads(done.stdout[done.stdout.index("{"):])["jobs"][0]["write"]


def disk_sync_rate(folder: pathlib.Path, seconds: float) -> float:
    """4 KiB writes a second, each made durable by fdatasync before the next: one job."""
    return fio(folder, seconds, "--bs=4k", "--ioengine=psync", "--fdatasync=1")["iops"]


def disk_write_mb(folder: pathlib.Path, seconds: float) -> float:
    """MB/s of 4 MiB O_DIRECT writes."""
    return fio(folder, seconds, "--bs=4M", "--ioengine=libaio", "--iodepth=4", "--direct=1")["bw_bytes"] / 1e6
