"""A small client of vaults and of the resource manager that makes them, with the administrator's tokens."""

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request

from . import trust

SECONDS = 30
LIMITS = ("transactions", "hsm_transactions", "key_creations", "hsm_key_creations")


def unthrottled(folder) -> list[str]:
    """Arguments of a server that asks of vaults and pools no slower pace."""
    settings = folder / "unthrottled.toml"
    settings.write_text("[vault]\n" + "".join(f"{name} = 0\n" for name in LIMITS))
    return ["--config", str(settings)]


class VaultClient:
    """One vault of its own; every call gives (status, body)."""

    suffix, audience, kind = "vaultSuffix", "https://vault.azure.net", "vaults"

    def __init__(self, server, name: str | None = None):
        self.server = server
        self.name = name or "v" + secrets.token_hex(6)
        self.tokens: dict[str, str] = {}

    def send(self, method: str, url: str, body=None, headers=None) -> tuple[int, dict]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers or {}, method=method)
        context = trust.context(self.server.ca_file)
        try:
            with urllib.request.urlopen(request, context=context, timeout=SECONDS) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else {}
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text else {}

    def token(self, resource: str) -> str:
        if resource not in self.tokens:
            admin = self.server.endpoints["admin"]
            form = {"grant_type": "client_credentials", "client_id": admin["clientId"],
                    "client_secret": admin["clientSecret"], "resource": resource}
            status, answer = self.send("POST", self.server.endpoints["login"] + "/oauth2/token",
                                       urllib.parse.urlencode(form).encode())
            assert status == 200, answer
            self.tokens[resource] = answer["access_token"]
        return self.tokens[resource]

    def manage(self, method: str, path: str, body=None, version: str = "2022-07-01") -> tuple[int, dict]:
        """Below the subscription, at the resource manager."""
        ends = self.server.endpoints
        url = f"{ends['management']}/subscriptions/{ends['subscriptionId']}{path}?api-version={version}"
        return self.send(method, url, body, {"authorization": "Bearer " + self.token("https://management.azure.com/"),
                                             "content-type": "application/json"})

    @property
    def resource(self) -> str:
        """Its path below the subscription."""
        return f"/resourceGroups/default/providers/Microsoft.KeyVault/{self.kind}/{self.name}"

    @property
    def url(self) -> str:
        ends = self.server.endpoints
        return f"https://{self.name}.{ends[self.suffix]}:{ends['httpsPort']}"

    def create(self, **properties) -> "VaultClient":
        ends = self.server.endpoints
        body = {"location": ends["region"],
                "properties": {"tenantId": ends["tenantId"], "sku": {"family": "A", "name": "standard"},
                               "enableRbacAuthorization": True, **properties}}
        status, answer = self.manage("PUT", self.resource, body)
        assert status == 200, answer
        return self

    def call(self, method: str, path: str, body=None) -> tuple[int, dict]:
        return self.send(method, f"{self.url}{path}?api-version=7.4", body,
                         {"authorization": "Bearer " + self.token(self.audience), "content-type": "application/json"})

    def must(self, method: str, path: str, body=None) -> dict:
        status, answer = self.call(method, path, body)
        assert status in (200, 201, 202, 204), (status, answer)
        return answer
