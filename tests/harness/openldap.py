"""OpenLdap: one slapd with a directory of its own, over ldaps, for who reads users from elsewhere."""

import os
import pathlib
import signal
import subprocess

from . import paths
from .azurite import make_certificate
from .waiting import free_port, port_is_taken, wait_until

BASE = "dc=ministry,dc=example"
READER = f"cn=reader,{BASE}"
READER_PASSWORD = "the reader's password"
SECONDS = 30

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
suffix "{base}"
directory {folder}/data
limits dn.exact="{reader}" size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by anonymous auth
"""


def entry(dn: str, **attributes) -> str:
    lines = [f"dn: {dn}"]
    for name, values in attributes.items():
        lines += [f"{name}: {value}" for value in ([values] if isinstance(values, str) else values)]
    return "\n".join(lines) + "\n\n"


class OpenLdap:
    """Owns the process it starts. What it holds is replaced as a whole: fill(), then start() again."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.port = free_port()
        self.process = None
        make_certificate(folder, "ldap.test")
        self.configuration = folder / "slapd.conf"
        self.configuration.write_text(CONFIGURATION.format(folder=folder, base=BASE, reader=READER))

    @property
    def url(self) -> str:
        return f"ldaps://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def fill(self, entries: str) -> None:
        self.stop()
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        for old in data.iterdir():
            old.unlink()
        everything = self.folder / "entries.ldif"
        everything.write_text(
            entry(BASE, objectClass=["dcObject", "organization"], dc="ministry", o="Ministry")
            + entry(READER, objectClass=["organizationalRole", "simpleSecurityObject"], cn="reader",
                    userPassword=READER_PASSWORD)
            + entry(f"ou=people,{BASE}", objectClass="organizationalUnit", ou="people")
            + entry(f"ou=groups,{BASE}", objectClass="organizationalUnit", ou="groups") + entries)
        subprocess.run([_program("slapadd"), "-q", "-f", str(self.configuration), "-l", str(everything)], check=True,
                       capture_output=True, timeout=SECONDS)

    def start(self) -> "OpenLdap":
        with open(self.folder / "slapd.log", "ab") as output:
            self.process = subprocess.Popen([_program("slapd"), "-d", "0", "-f", str(self.configuration), "-h", self.url],
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(lambda: port_is_taken(self.port), SECONDS, f"slapd on port {self.port}")
        return self

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _program(name: str) -> str:
    """Debian keeps the server's programs where only root looks."""
    path = f"/usr/sbin/{name}"
    return path if os.access(path, os.X_OK) else paths.needs(name)
