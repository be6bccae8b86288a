"""Who takes part: Freehold, Freehold without audit, npm azurite, nginx, Barbican; each with its ports, key and processes."""

import contextlib
import pathlib
import shutil
import sys

import peers
from barbican_peer import Barbican
from harness import server
from harness.azurite import Azurite
from harness.blob_client import BlobClient
from harness.vault_client import VaultClient, unthrottled

SCHEMES = ("http", "https")


class Entrant:
    """A running server that the load generator can be sent to."""

    account = server.EMULATOR_ACCOUNT  # empty: requests aren't signed
    key = server.EMULATOR_KEY

    def __init__(self, name: str, process):
        self.name = name
        self.process = process  # has start(), stop(), http_port, https_port

    @property
    def environment(self) -> dict[str, str]:
        """What proves the load generator's right; on no command line, where others could read it."""
        return {"FH_LOAD_KEY": self.key} if self.key else {}

    def port(self, scheme: str) -> int:
        return self.process.https_port if scheme == "https" else self.process.http_port

    def pid(self, scheme: str) -> int:
        return self.process.pid

    def client(self, scheme: str) -> BlobClient:
        where = {"https_port": self.port(scheme)} if scheme == "https" else {"http_port": self.port(scheme)}
        return BlobClient(self.account, self.key, ca_file=self.process.ca_file, **where)

    def make_container(self, name: str, scheme: str) -> None:
        client = self.client(scheme)
        with contextlib.closing(client):
            reply = client.create_container(name)
        if reply.status not in (201, 409):
            sys.exit(f"bench: {self.name}: creating a container: {reply.status} {reply.body!r}")

    def stop(self) -> None:
        """Says what went wrong rather than raise it: the others must be stopped all the same."""
        try:
            self.process.stop()
        except Exception as error:  # noqa: BLE001
            print(f"bench: {self.name}: {error}", file=sys.stderr)


class Freehold(Entrant):
    def __init__(self, folder: pathlib.Path, name: str = "freehold", program: pathlib.Path | None = None):
        super().__init__(name, server.Server(folder / name, emulator=True, program=program))

    def stop(self) -> None:
        super().stop()
        self.process.kill()


class VaultEntrant(Entrant):
    """A region whose vault is asked, by the administrator's token."""

    account = key = ""

    def __init__(self, folder: pathlib.Path):
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__("vault", server.Server(folder / "vault", args=unthrottled(folder)))
        self._vault = None

    @property
    def vault(self) -> VaultClient:
        """Made when it is first asked for."""
        if self._vault is None:
            self._vault = VaultClient(self.process).create(sku={"family": "A", "name": "premium"})
        return self._vault

    @property
    def host(self) -> str:
        return f"{self.vault.name}.{self.process.endpoints['vaultSuffix']}"

    @property
    def environment(self) -> dict[str, str]:
        return {"FH_LOAD_TOKEN": self.vault.token("https://vault.azure.net")}

    def stop(self) -> None:
        super().stop()
        self.process.kill()


class AzuriteEntrant(Entrant):
    def __init__(self, folder: pathlib.Path):
        super().__init__("azurite", Azurite(folder / "azurite"))

    def pid(self, scheme: str) -> int:
        return self.process.processes[SCHEMES.index(scheme)].pid  # one process for each scheme


class NginxEntrant(Entrant):
    account = key = ""

    def __init__(self, folder: pathlib.Path):
        super().__init__("nginx", peers.Nginx(folder / "nginx"))

    def make_container(self, name: str, scheme: str) -> None:
        pass  # add_files() makes the folder


class BarbicanEntrant(Entrant):
    account = key = ""
    host = "bench.localhost"

    def __init__(self, folder: pathlib.Path):
        super().__init__("barbican", Barbican(folder / "barbican"))


MAKERS = {
    "freehold": Freehold,
    "no-audit": lambda folder: Freehold(folder, "no-audit", peers.built("freehold_no_audit", "FREEHOLD_NO_AUDIT")),
    "vault": VaultEntrant,
    "azurite": AzuriteEntrant,
    "nginx": NginxEntrant,
    "barbican": BarbicanEntrant,
}


@contextlib.contextmanager
def running(names: list[str], folder: pathlib.Path):
    """Name -> entrant, started on empty folders below `folder`; in the end they are stopped and `folder` is removed."""
    folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        entrants = {}
        for name in names:
            entrants[name] = MAKERS[name](folder)
            stack.callback(entrants[name].stop)
            entrants[name].process.start()
        yield entrants
