"""OpenStack's Barbican as Debian packages it: secrets under its simple crypto plugin, in SQLite, behind uWSGI with TLS.

Its API is python3-barbican; Debian's barbican-api adds a service to that, which this needs none of. As in Debian's own uWSGI
settings there are two processes for each processor; unlike there, connections are kept, which is to its good. Without Keystone there is
nobody to prove who calls: what is measured has no authentication and no roles. Keys it only keeps and gives out: it has none of the
operations on them that a vault's keys have.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import urllib.request

from harness import azurite, paths, trust
from harness.waiting import free_port, port_is_taken, wait_until

PYTHON = "/usr/bin/python3"  # the one that Debian's modules belong to, whatever PATH says
THREADS = 32
START_SECONDS = 60

CONF = """
[DEFAULT]
host_href = https://127.0.0.1:{port}
db_auto_create = True
sql_connection = sqlite:///{folder}/barbican.sqlite
log_file = {folder}/barbican.log
[secretstore]
enabled_secretstore_plugins = store_crypto
[crypto]
enabled_crypto_plugins = simple_crypto
[simple_crypto_plugin]
kek = {kek}
[queue]
enable = False
"""
PASTE = """
[composite:main]
use = egg:Paste#urlmap
/v1 = api
[pipeline:api]
pipeline = unauthenticated app
[filter:unauthenticated]
paste.filter_factory = barbican.api.middleware.context:UnauthenticatedContextMiddleware.factory
[app:app]
paste.app_factory = barbican.api.app:create_main_app
"""
# The project is a header that the load generator doesn't know.
WSGI = """
from paste import deploy
app = deploy.loadapp("config:{folder}/paste.ini", name="main")
def application(environ, start_response):
    environ["HTTP_X_PROJECT_ID"] = "bench"
    return app(environ, start_response)
"""


class Barbican:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.http_port = None
        self.https_port = free_port()
        self.process = None

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.folder)}  # where it looks for its settings

    def start(self) -> "Barbican":
        settings = self.folder / ".barbican"
        settings.mkdir(parents=True)
        azurite.make_certificate(self.folder, "bench.localhost")
        kek = base64.urlsafe_b64encode(os.urandom(32)).decode()
        (settings / "barbican.conf").write_text(CONF.format(port=self.https_port, folder=self.folder, kek=kek))
        (self.folder / "paste.ini").write_text(PASTE)
        wsgi = self.folder / "wsgi.py"
        wsgi.write_text(WSGI.format(folder=self.folder))
        # Once before there are several: it makes its tables.
        subprocess.run([paths.needs(PYTHON), str(wsgi)], env=self.environment, check=True, capture_output=True,
                       timeout=START_SECONDS)
        self.process = subprocess.Popen(
            [paths.needs("uwsgi"), "--plugin", "http,python3", "--master", "--processes", str(2 * os.cpu_count()), "--lazy-apps",
             "--enable-threads", "--threads", str(THREADS), "--thunder-lock", "--need-app", "--die-on-term", "--disable-logging",
             "--https", f"127.0.0.1:{self.https_port},{self.folder}/server.pem,{self.folder}/server.key", "--http-keepalive=60",
             "--wsgi-file", str(wsgi)],
            stdin=subprocess.DEVNULL, stdout=open(self.folder / "uwsgi.log", "wb"), stderr=subprocess.STDOUT,
            env=self.environment)
        wait_until(lambda: port_is_taken(self.https_port), START_SECONDS, "Barbican's port")
        return self

    def keep(self, value: str) -> str:
        """Where the secret is to be had: a path."""
        request = urllib.request.Request(f"https://127.0.0.1:{self.https_port}/v1/secrets", json.dumps(self.secret(value)).encode(),
                                         {"content-type": "application/json"})
        with urllib.request.urlopen(request, context=trust.context(self.ca_file), timeout=START_SECONDS) as answer:
            return json.load(answer)["secret_ref"].partition(str(self.https_port))[2] + "/payload"

    @staticmethod
    def secret(value: str) -> dict:
        return {"name": "s1", "payload": value, "payload_content_type": "text/plain"}

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)
