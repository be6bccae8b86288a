"""What a vault's keys and secrets take of the processor, against the same arithmetic alone (openssl speed; of keys in the
HSM its module by itself) and against nginx on static files; against Barbican; and whether 100,000 keys in one vault are
slower than a thousand.

Everything over HTTPS, with authentication, authorisation and audit; requests a second of the server's processor time,
because the load generator shares the processors.
"""

import base64
import dataclasses
import json
import os
import pathlib
import re
import subprocess

import load
import peers
from barbican_peer import Barbican
from entrants import Entrant, VaultEntrant, running
from findings import Figure, Finding, Goal, paired_ratio
from harness import paths

SCHEME = "https"
CONNECTIONS = 16
VALUE_BYTES = 4096
FILES = 1000
FEW, MANY = 1_000, 100_000
FILL_SECONDS = 600
WITHIN = Goal(1.5, at_most=True)
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
DIGEST = base64.urlsafe_b64encode(b"d" * 32).decode().rstrip("=")
UNWRAP = "/unwrapkey"
SIGN_RATE = re.compile(r"^\+F([24]):\d+:(\d+):([\d.e+-]+):", re.MULTILINE)


KEYS = {"rsa": {"kty": "RSA", "key_size": 2048}, "ec": {"kty": "EC"},
        "rsa-hsm": {"kty": "RSA-HSM", "key_size": 2048}, "ec-hsm": {"kty": "EC-HSM"}}


@dataclasses.dataclass(frozen=True)
class Work:
    title: str
    peer: str
    goal: float
    key: str           # which of KEYS; empty: none
    path: str          # below that key's, its version and all
    body: dict | None
    note: str


OPENSSL = "openssl speed: signatures a second of processor time, on all cores at once; of unwrapping, the same private operation."
TOKEN = ("The PKCS#11 module by itself (SoftHSM2), sessions on as many threads as there are cores, uses a second of its processor "
         "time; of unwrapping, the raw private operation.")
WORKS = [Work("RS256 sign, RSA 2048", "openssl-rsa", 0.8, "rsa", "/sign", {"alg": "RS256", "value": DIGEST}, OPENSSL),
         Work("ES256 sign", "openssl-ec", 0.4, "ec", "/sign", {"alg": "ES256", "value": DIGEST}, OPENSSL),
         Work("Unwrap RSA-OAEP-256", "openssl-rsa", 0.8, "rsa", UNWRAP, {"alg": "RSA-OAEP-256"}, OPENSSL),
         Work("RS256 sign, RSA 2048 in the HSM", "token-rsa", 0.8, "rsa-hsm", "/sign", {"alg": "RS256", "value": DIGEST}, TOKEN),
         Work("ES256 sign in the HSM", "token-ec", 0.4, "ec-hsm", "/sign", {"alg": "ES256", "value": DIGEST}, TOKEN),
         Work("Unwrap RSA-OAEP-256 in the HSM", "token-raw", 0.8, "rsa-hsm", UNWRAP, {"alg": "RSA-OAEP-256"}, TOKEN),
         Work("GET a secret of 4 KiB", "nginx", 0.4, "", "/secrets/s1", None,
              "nginx: static files of 4 KiB over TLS, without authentication, its processor time too.")]


def openssl_rates(seconds: float) -> dict[str, float]:
    """Signatures a second of processor time: what a core does while all others that the server has do the same."""
    cores = len(os.sched_getaffinity(0))
    done = subprocess.run([paths.needs("openssl"), "speed", "-mr", "-multi", str(cores), "-seconds",
                           str(max(1, round(seconds))), "rsa2048", "ecdsap256"],
                          capture_output=True, text=True, timeout=60 + 8 * seconds, check=True)
    found = {kind: float(rate) / cores for kind, _, rate in SIGN_RATE.findall(done.stdout)}
    return {"openssl-rsa": found["2"], "openssl-ec": found["4"]}


class BareToken:
    """A token of SoftHSM2 that only the bench uses."""

    PIN = "12345678"

    def __init__(self, folder: pathlib.Path):
        (folder / "tokens").mkdir(parents=True)
        settings = folder / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.environment = {**os.environ, "SOFTHSM2_CONF": str(settings)}
        subprocess.run([paths.needs("softhsm2-util"), "--init-token", "--free", "--label", "bench", "--so-pin", self.PIN,
                        "--pin", self.PIN], env=self.environment, check=True, capture_output=True, timeout=60)

    def rates(self, seconds: float) -> dict[str, float]:
        """Uses a second of processor time."""
        done = subprocess.run([str(peers.built("fh_token")), "--module", SOFTHSM, "--pin", self.PIN, "--seconds", str(seconds),
                               "--threads", str(len(os.sched_getaffinity(0)))],
                              env=self.environment, capture_output=True, text=True, timeout=120 + 8 * seconds, check=True)
        found = json.loads(done.stdout)
        return {"token-rsa": found["rsa_signs"], "token-ec": found["ec_signs"], "token-raw": found["rsa_decrypts"]}


class Vault:
    """One vault with what is asked of it."""

    def __init__(self, entrant: VaultEntrant):
        self.entrant = entrant
        vault = entrant.vault
        self.paths = {name: self.key_path(vault.must("POST", f"/keys/{name}/create", body)) for name, body in KEYS.items()}
        vault.must("PUT", "/secrets/s1", {"value": "v" * VALUE_BYTES})
        self.wrapped = {key: vault.must("POST", self.paths[key] + "/wrapkey", {"alg": "RSA-OAEP-256", "value": DIGEST})["value"]
                        for key in ("rsa", "rsa-hsm")}

    @staticmethod
    def key_path(answer: dict) -> str:
        return answer["key"]["kid"][answer["key"]["kid"].index("/keys/"):]

    def run(self, work: Work, **options) -> dict:
        body = {**work.body, "value": self.wrapped[work.key]} if work.path == UNWRAP else work.body
        return send(self.entrant, self.paths.get(work.key, "") + work.path, body, **options)


BARBICAN = ("Barbican: Debian's, simple crypto, SQLite, TLS by uWSGI, without authentication; the processor time of all its "
            "processes. It writes a new secret each time, one after the other: with SQLite it refuses writes at the same time (500).")


def measure_secrets(freehold: VaultEntrant, barbican: Entrant, options, tell) -> None:
    """The same secrets of both, by turns."""
    value = "v" * VALUE_BYTES
    freehold.vault.must("PUT", "/secrets/s1", {"value": value})
    own = {"host": freehold.host}
    other = {"host": barbican.host}
    reads = (own | {"path": "/secrets/s1?api-version=7.4"}, other | {"path": barbican.process.keep(value)})
    writes = (own | {"path": "/secrets/w{n}?api-version=7.4", "method": "PUT", "body": json.dumps({"value": value}),
                     "objects": FILES},
              other | {"path": "/v1/secrets", "status": 201, "connections": 1, "body": json.dumps(Barbican.secret(value))})
    for title, pair in (("Read a secret of 4 KiB", reads), ("Write a secret of 4 KiB", writes)):
        runs = {"freehold": [], "barbican": []}
        for number in range(options.rounds):
            turns = list(zip((freehold, barbican), pair))
            for entrant, asked in turns[::-1] if number % 2 else turns:
                name = "barbican" if entrant is barbican else "freehold"
                runs[name].append(load.run(entrant, SCHEME, op="plain", **{"connections": CONNECTIONS, "seconds": options.seconds, **asked}))
        rates = {name: [processor_rate(run) for run in each] for name, each in runs.items()}
        tell(Finding("processor", title, SCHEME, "requests a processor second",
                     {name: Figure.of(rates[name], runs[name]) for name in runs},
                     {"barbican": paired_ratio(rates["freehold"], rates["barbican"])}, {}, BARBICAN))


def send(entrant: VaultEntrant, path: str, body: dict | None, **options) -> dict:
    more = {"body": json.dumps(body)} if body else {}
    return load.run(entrant, SCHEME, op="plain", host=entrant.host, path=path + "?api-version=7.4", **more,
                    connections=CONNECTIONS, **options)


def processor_rate(run: dict) -> float:
    return 1e6 / run["cpu_us"]


def measure_works(vault: Vault, token: BareToken, nginx: Entrant, options, tell) -> None:
    runs = {work.title: [] for work in WORKS}
    rates = {work.peer: [] for work in WORKS}
    files = []
    for _ in range(options.rounds):
        for work in WORKS:
            runs[work.title].append(vault.run(work, seconds=options.seconds))
        for peer, rate in {**openssl_rates(options.seconds), **token.rates(options.seconds)}.items():
            rates[peer].append(rate)
        files.append(load.run(nginx, SCHEME, container="files", op="get", size=VALUE_BYTES, objects=FILES,
                              connections=CONNECTIONS, seconds=options.seconds))
        rates["nginx"].append(processor_rate(files[-1]))
    for work in WORKS:
        own = [processor_rate(run) for run in runs[work.title]]
        figures = {"freehold": Figure.of(own, runs[work.title]),
                   work.peer: Figure.of(rates[work.peer], files if work.peer == "nginx" else None)}
        tell(Finding("processor", work.title, SCHEME, "requests a processor second", figures,
                     {work.peer: paired_ratio(own, rates[work.peer])}, {work.peer: Goal(work.goal)}, work.note))


def fill(entrant: VaultEntrant, count: int) -> None:
    run = send(entrant, "/keys/k{n}/create", {"kty": "EC"}, requests=count, objects=count, patience=FILL_SECONDS)
    if run["errors"] or run["completed"] < count:
        raise RuntimeError(f"only {run['completed']} of {count} keys were made ({run['errors']} errors)")
    print(f"{count:,} keys made: {run['rps']:,.0f}/s", flush=True)


def measure_growth(few: VaultEntrant, many: VaultEntrant, options, tell) -> None:
    fill(few, FEW)
    fill(many, MANY)
    for title, path in (("First page of a listing of keys", "/keys"), ("GET a key", "/keys/k{n}")):
        runs = {"freehold": [], "few": []}
        for number in range(options.rounds):
            pair = [("freehold", many, MANY), ("few", few, FEW)]
            for name, entrant, count in pair[::-1] if number % 2 else pair:
                objects = {"objects": count} if "{n}" in path else {}
                runs[name].append(send(entrant, path, None, seconds=options.seconds, **objects))
        rates = {name: [run["rps"] for run in all_runs] for name, all_runs in runs.items()}
        tell(Finding("growth", f"{title}, {MANY:,} keys against {FEW:,}", SCHEME, "requests/s",
                     {name: Figure.of(rates[name], runs[name]) for name in runs},
                     {"few": paired_ratio(rates["few"], rates["freehold"])}, {"few": WITHIN}))


def measure_all(folder: pathlib.Path, options, tell) -> None:
    if "keys" in options.parts:
        with running(["vault", "nginx"], folder / "keys") as entrants:
            entrants["nginx"].process.add_files("files", FILES, VALUE_BYTES)
            measure_works(Vault(entrants["vault"]), BareToken(folder / "token"), entrants["nginx"], options, tell)
    if "secrets" in options.parts:
        with running(["vault", "barbican"], folder / "secrets") as entrants:
            measure_secrets(entrants["vault"], entrants["barbican"], options, tell)
    if "many-keys" in options.parts:
        with running(["vault"], folder / "few") as few, running(["vault"], folder / "many") as many:
            measure_growth(few["vault"], many["vault"], options, tell)
