"""What a storage account under its customer's key costs, against one of the same server under the service's key."""

import pathlib

from blob_speed import KIB, Scenario, prepare, run
from entrants import Entrant, running
from findings import Figure, Finding, Goal, paired_ratio
from harness.owners_key import encryption_under, service_role
from harness.vault_client import VaultClient
from vault_speed import processor_rate

SCHEME = "https"
PART = "customer-key"
LEAST_ROUNDS = 30  # three in a hundred are less than what a round's figures differ by
PEER = "service-key"
SCENARIOS = [Scenario("get", "GET 4 KiB under a customer's key", "get", 4 * KIB, 32, (PEER,), {PEER: Goal(0.97)}, objects=1000),
             Scenario("put", "PUT 4 KiB under a customer's key", "put", 4 * KIB, 32, (PEER,), {PEER: Goal(0.97)})]
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
    assignment = vault.resource + "/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111"
    must(vault.manage("PUT", assignment, {"properties": {"roleDefinitionId": service_role(server.endpoints),
                                                        "principalId": made["identity"]["principalId"]}},
                      version="2022-04-01"))
    must(vault.manage("PATCH", path, {"properties": {"encryption": encryption_under(vault, "k1")}}, version=VERSION))
    keys = must(vault.manage("POST", path + "/listKeys", version=VERSION))
    return Account(server, made["name"], keys["keys"][0]["value"])


def measure(accounts: dict[str, Account], scenario: Scenario, options) -> Finding:
    for account in accounts.values():
        prepare(account, scenario, SCHEME)
    runs = {name: [] for name in accounts}
    for number in range(max(options.rounds, LEAST_ROUNDS)):
        for name in list(accounts)[::-1] if number % 2 else accounts:
            runs[name].append(run(accounts[name], scenario, SCHEME, prefix=f"r{number}-", seconds=options.seconds))
    rates = {name: [processor_rate(each) for each in all_runs] for name, all_runs in runs.items()}
    return Finding("processor", scenario.title, SCHEME, "requests a processor second",
                   {name: Figure.of(rates[name], runs[name]) for name in runs},
                   {PEER: paired_ratio(rates["freehold"], rates[PEER])}, scenario.goals, NOTE)


def measure_all(folder: pathlib.Path, options, tell) -> None:
    if PART not in options.parts:
        return
    with running(["vault"], folder / PART) as entrants:
        server = entrants["vault"].process
        accounts = {"freehold": account_under_key(server), PEER: Account(server, server.account, server.key)}
        for scenario in SCENARIOS:
            tell(measure(accounts, scenario, options))
