"""What a storage account under its customer's key costs, against one of the same server under the service's key."""

import pathlib

import load
from entrants import Entrant, VaultEntrant, running
from findings import Figure, Finding, Goal, paired_ratio
from harness.owners_key import CRYPTO_USER
from harness.vault_client import VaultClient

SCHEME = "https"
PART = "customer-key"
CONTAINER = "blobs"
SIZE = 4096
OBJECTS = 1000
CONNECTIONS = 32
LEAST_ROUNDS = 30  # three in a hundred are less than what a round's figures differ by
GOAL = Goal(0.97)
WORKS = {"get": "GET 4 KiB under a customer's key", "put": "PUT 4 KiB under a customer's key"}
NOTE = "Two accounts of one server, by turns; requests a second of its processor time."
ACCOUNTS = "/resourceGroups/default/providers/Microsoft.Storage/storageAccounts/"
VERSION = "2022-09-01"


class Account(Entrant):
    """A storage account of a server that runs."""

    def __init__(self, process, account: str, key: str):
        super().__init__("freehold", process)
        self.account, self.key = account, key


def must(answer: tuple[int, dict]) -> dict:
    status, body = answer
    if status not in (200, 201):
        raise RuntimeError(f"{status}: {body}")
    return body


def account_under_key(server) -> Account:
    vault = VaultClient(server).create(enablePurgeProtection=True)
    vault.must("POST", "/keys/k1/create", {"kty": "RSA"})
    path = ACCOUNTS + "undercustomerskey"
    made = must(vault.manage("PUT", path, {"location": server.endpoints["region"], "kind": "StorageV2",
                                           "sku": {"name": "Standard_LRS"}, "identity": {"type": "SystemAssigned"},
                                           "properties": {}}, version=VERSION))
    role = f"/subscriptions/{server.endpoints['subscriptionId']}/providers/Microsoft.Authorization/roleDefinitions/{CRYPTO_USER}"
    assignment = vault.resource + "/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111"
    must(vault.manage("PUT", assignment, {"properties": {"roleDefinitionId": role, "principalId": made["identity"]["principalId"]}},
                      version="2022-04-01"))
    encryption = {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {"keyvaulturi": vault.url, "keyname": "k1"}}
    must(vault.manage("PATCH", path, {"properties": {"encryption": encryption}}, version=VERSION))
    keys = must(vault.manage("POST", path + "/listKeys", version=VERSION))
    return Account(server, made["name"], keys["keys"][0]["value"])


def measure(entrant: VaultEntrant, options, tell) -> None:
    server = entrant.process
    accounts = {"freehold": account_under_key(server), "service-key": Account(server, server.account, server.key)}
    for account in accounts.values():
        account.make_container(CONTAINER, SCHEME)
        load.run(account, SCHEME, container=CONTAINER, op="put", size=SIZE, objects=OBJECTS, requests=OBJECTS, connections=4)
    for op, title in WORKS.items():
        runs = {name: [] for name in accounts}
        objects = {"objects": OBJECTS} if op == "get" else {}
        for number in range(max(options.rounds, LEAST_ROUNDS)):
            for name in list(accounts)[::-1] if number % 2 else accounts:
                runs[name].append(load.run(accounts[name], SCHEME, container=CONTAINER, op=op, size=SIZE, prefix=f"r{number}-",
                                           connections=CONNECTIONS, seconds=options.seconds, **objects))
        rates = {name: [1e6 / run["cpu_us"] for run in each] for name, each in runs.items()}
        tell(Finding("processor", title, SCHEME, "requests a processor second",
                     {name: Figure.of(rates[name], runs[name]) for name in runs},
                     {"service-key": paired_ratio(rates["freehold"], rates["service-key"])}, {"service-key": GOAL}, NOTE))


def measure_all(folder: pathlib.Path, options, tell) -> None:
    if PART not in options.parts:
        return
    with running(["vault"], folder / PART) as entrants:
        measure(entrants["vault"], options, tell)
