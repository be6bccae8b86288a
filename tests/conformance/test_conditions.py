"""Role assignments with conditions (ABAC): what az makes by rest, and what the blob service then lets in."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid

from conformance.az_case import SignedAz
from harness.blob_client import BlobClient

READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"       # Storage Blob Data Reader
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"  # Storage Blob Data Contributor
CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
BY_NAME = (f"((!(ActionMatches{{'{CONTAINERS}/blobs/read'}} AND NOT SubOperationMatches{{'Blob.List'}})) OR "
           f"(@Resource[{CONTAINERS}:name] StringEquals 'open'))")
BY_PREFIX = (f"((!(ActionMatches{{'{CONTAINERS}/blobs/read'}} AND SubOperationMatches{{'Blob.List'}})) OR "
             f"(@Request[{CONTAINERS}/blobs:prefix] StringStartsWith 'a/'))")
BY_TAG = (f"((!(ActionMatches{{'{CONTAINERS}/blobs/write'}} AND SubOperationMatches{{'Blob.Write.WithTagHeaders'}}) AND "
          f"!(ActionMatches{{'{CONTAINERS}/blobs/add/action'}} AND SubOperationMatches{{'Blob.Write.WithTagHeaders'}})) OR "
          f"(@Request[{CONTAINERS}/blobs/tags:class<$key_case_sensitive$>] StringEquals 'open'))")

BY_BLOB = (f"((!(ActionMatches{{'{CONTAINERS}/blobs/read'}} AND NOT SubOperationMatches{{'Blob.List'}})) OR "
           f"(@Resource[{CONTAINERS}/blobs/tags:class<$key_case_sensitive$>] StringEquals 'open'))")


class Conditions(SignedAz):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ends, cls.trust = cls.server.endpoints, ssl.create_default_context(cafile=cls.server.ca_file)
        cls.admin = cls.token(ends["admin"]["clientId"], ends["admin"]["clientSecret"], ends["graph"] + "/.default")
        client = BlobClient.of(cls.server)
        for container in ("open", "shut"):
            assert client.request("PUT", container, {"restype": "container"}).status == 201
            for name in ("a/1", "b/1"):
                made = client.request("PUT", f"{container}/{name}", headers={"x-ms-blob-type": "BlockBlob"}, body=b"x")
                assert made.status == 201, made

    @classmethod
    def send(cls, method: str, url: str, token: str, body=None, **headers) -> tuple[int, bytes]:
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        request = urllib.request.Request(url, data, method=method, headers={
            "Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers})
        try:
            with urllib.request.urlopen(request, context=cls.trust, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    @classmethod
    def token(cls, client: str, secret: str, scope: str) -> str:
        ends = cls.server.endpoints
        fields = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": scope}
        url = f"{ends['loginEntra']}/{ends['tenantId']}/oauth2/v2.0/token"
        with urllib.request.urlopen(url, urllib.parse.urlencode(fields).encode(), context=cls.trust, timeout=30) as answer:
            return json.load(answer)["access_token"]

    def graph(self, method: str, path: str, body: dict) -> dict:
        status, answer = self.send(method, f"{self.server.endpoints['graph']}/v1.0/{path}", self.admin, body)
        self.assertIn(status, (200, 201), answer)
        return json.loads(answer)

    def somebody(self) -> tuple[str, str]:
        """A service principal's object id, and its token for storage."""
        app = self.graph("POST", "applications", {"displayName": "conditional"})
        secret = self.graph("POST", f"applications/{app['id']}/addPassword", {})["secretText"]
        principal = self.graph("POST", "servicePrincipals", {"appId": app["appId"]})
        return principal["id"], self.token(app["appId"], secret, "https://storage.azure.com/.default")

    def assign(self, principal: str, role: str, condition: str, name: str = "") -> None:
        front = f"/subscriptions/{self.server.endpoints['subscriptionId']}/providers/Microsoft.Authorization"
        url = f"{front}/roleAssignments/{name or uuid.uuid4()}?api-version=2022-04-01"
        body = {"properties": {"roleDefinitionId": f"{front}/roleDefinitions/{role}", "principalId": principal,
                               "principalType": "ServicePrincipal", "condition": condition, "conditionVersion": "2.0"}}
        made = self.az("rest", "--method", "put", "--url", url, "--body", json.dumps(body))
        self.assertEqual(made["properties"]["condition"], condition)

    def status(self, method: str, path: str, token: str, **headers) -> int:
        return self.send(method, self.server.blob_url + path, token, b"x" if method == "PUT" else None,
                         **{"x-ms-version": "2021-06-08", "x-ms-blob-type": "BlockBlob", **headers})[0]

    def test_a_container_by_its_name(self):
        principal, token = self.somebody()
        self.assertEqual(self.status("GET", "/open/a/1", token), 403)
        name = str(uuid.uuid4())
        self.assign(principal, READER, BY_NAME, name)
        self.assertEqual(self.status("GET", "/open/a/1", token), 200)
        self.assertEqual(self.status("GET", "/shut/a/1", token), 403)
        self.assertEqual(self.status("GET", "/shut?restype=container&comp=list", token), 200)
        self.assign(principal, READER, BY_NAME.replace("'open'", "'shut'"), name)
        self.assertEqual([self.status("GET", f"/{box}/a/1", token) for box in ("open", "shut")], [403, 200])

    def test_lists_by_their_prefix(self):
        principal, token = self.somebody()
        self.assign(principal, READER, BY_PREFIX)
        listing = "/open?restype=container&comp=list"
        self.assertEqual(self.status("GET", listing + "&prefix=a/", token), 200)
        self.assertEqual([self.status("GET", listing + more, token) for more in ("", "&prefix=b/")], [403, 403])
        self.assertEqual(self.status("GET", "/open/b/1", token), 200)

    def test_writes_by_their_tags(self):
        principal, token = self.somebody()
        self.assign(principal, CONTRIBUTOR, BY_TAG)
        self.assertEqual(self.status("PUT", "/open/t/1", token), 201)
        # Tags need a right of their own, which this role hasn't; with it the condition decides.
        self.assertEqual(self.status("PUT", "/open/t/2", token, **{"x-ms-tags": "class=open"}), 403)
        self.assign(principal, "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", BY_TAG)
        self.assertEqual(self.status("PUT", "/open/t/2", token, **{"x-ms-tags": "class=open"}), 201)
        self.assertEqual(self.status("PUT", "/open/t/3", token, **{"x-ms-tags": "class=secret"}), 403)

    def test_reads_by_the_tags_of_a_blob(self):
        principal, token = self.somebody()
        self.assign(principal, READER, BY_BLOB)
        client = BlobClient.of(self.server)
        for name, tags in (("r/1", "class=open"), ("r/2", "class=secret"), ("r/3", "")):
            made = client.request("PUT", f"open/{name}", body=b"x",
                                  headers={"x-ms-blob-type": "BlockBlob", **({"x-ms-tags": tags} if tags else {})})
            self.assertEqual(made.status, 201, made)
        read = lambda: [self.status("GET", f"/open/r/{i}", token) for i in (1, 2, 3, 4)]
        self.assertEqual(read(), [200, 403, 403, 403])
        self.assertEqual(self.status("GET", "/open?restype=container&comp=list", token), 200)
        snapshot = client.request("PUT", "open/r/1", {"comp": "snapshot"}).headers["x-ms-snapshot"]
        body = b'<?xml version="1.0"?><Tags><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag></TagSet></Tags>'
        self.assertEqual(client.request("PUT", "open/r/1", {"comp": "tags"}, body=body).status, 204)
        self.assertEqual(read(), [403, 403, 403, 403])
        self.assertEqual(self.status("GET", f"/open/r/1?snapshot={snapshot}", token), 200)

    def test_what_is_not_understood_is_refused_by_name(self):
        front = f"/subscriptions/{self.server.endpoints['subscriptionId']}/providers/Microsoft.Authorization"
        body = {"properties": {"roleDefinitionId": f"{front}/roleDefinitions/{READER}", "principalId": str(uuid.uuid4()),
                               "condition": "@Principal[a:b] StringEquals 'c'", "conditionVersion": "2.0"}}
        self.refused("@Principal[a:b]", "rest", "--method", "put", "--url",
                     f"{front}/roleAssignments/{uuid.uuid4()}?api-version=2022-04-01", "--body", json.dumps(body))
