"""What users of Debian's Python SDK do with blobs; test_python_sdk.py runs it by the system's Python.

Needs BLOB_URL, ACCOUNT_NAME, ACCOUNT_KEY and REQUESTS_CA_BUNDLE.
"""

import datetime
import os
import unittest
import uuid

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (AccessPolicy, BlobBlock, BlobServiceClient, ContainerSasPermissions, ContentSettings,
                                generate_blob_sas, generate_container_sas)

URL, ACCOUNT, KEY = (os.environ[name] for name in ("BLOB_URL", "ACCOUNT_NAME", "ACCOUNT_KEY"))
SMALL = {"max_single_put_size": 1 << 20, "max_block_size": 1 << 20, "max_single_get_size": 1 << 20,
         "max_chunk_get_size": 1 << 20, "retry_total": 0}


def soon():
    return datetime.datetime.utcnow() + datetime.timedelta(hours=1)


class Blob(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = BlobServiceClient(URL, credential={"account_name": ACCOUNT, "account_key": KEY}, **SMALL)
        cls.container = cls.service.create_container(f"py-{uuid.uuid4().hex[:8]}", metadata={"purpose": "conformance"})

    @classmethod
    def tearDownClass(cls):
        cls.container.delete_container()
        assert not cls.container.exists()

    def fails(self, status, code, call, *args, **options):
        with self.assertRaises(HttpResponseError) as caught:
            call(*args, **options)
        self.assertEqual((caught.exception.status_code, getattr(caught.exception, "error_code", None)), (status, code))

    def upload(self, name, data, **options):
        blob = self.container.get_blob_client(name)
        blob.upload_blob(data, **options)
        return blob

    def test_container(self):
        properties = self.container.get_container_properties()
        self.assertEqual(properties.metadata, {"purpose": "conformance"})
        self.container.set_container_metadata({"purpose": "changed"})
        (listed,) = self.service.list_containers(self.container.container_name, include_metadata=True)
        self.assertEqual(listed.metadata, {"purpose": "changed"})
        with self.assertRaises(ResourceExistsError):
            self.container.create_container()
        with self.assertRaises(ResourceNotFoundError):
            self.service.get_container_client("no-such-container").get_container_properties()

    def test_small_with_headers_and_metadata(self):
        text = "Grüße, 世界".encode()
        blob = self.upload("hello/wörld 1+1?.txt", text, metadata={"colour": "blue"}, validate_content=True,
                           content_settings=ContentSettings(content_type="text/plain", content_language="de"))
        download = blob.download_blob(validate_content=True)
        self.assertEqual(download.readall(), text)
        self.assertEqual(download.properties.metadata, {"colour": "blue"})
        self.assertEqual(download.properties.content_settings.content_type, "text/plain")
        self.assertEqual(download.properties.content_settings.content_language, "de")
        blob.set_blob_metadata({"colour": "red"})
        blob.set_http_headers(ContentSettings(content_type="application/x-test"))
        properties = blob.get_blob_properties()
        self.assertEqual(properties.metadata, {"colour": "red"})
        self.assertEqual(properties.content_settings.content_type, "application/x-test")

    def test_parallel_blocks_and_ranges(self):
        body = os.urandom(9_000_001)
        blob = self.upload("large", body, max_concurrency=4, validate_content=True)
        self.assertEqual(blob.download_blob(max_concurrency=4, validate_content=True).readall(), body)
        for begin, count in ((0, 1), (65_535, 2), (1_048_575, 70_000), (9_000_000, 1), (8_999_999, 50)):
            self.assertEqual(blob.download_blob(begin, count).readall(), body[begin:begin + count])
        self.fails(416, "InvalidRange", blob.download_blob, 9_000_001, 5)
        self.assertEqual(b"".join(blob.download_blob().chunks()), body)

    def test_a_stream_of_unknown_length(self):
        parts = [os.urandom(700_000) for _ in range(5)]
        blob = self.upload("streamed", iter(parts))
        self.assertEqual(blob.download_blob().readall(), b"".join(parts))

    def test_blocks(self):
        blob = self.container.get_blob_client("blocks")
        for number in range(3):
            blob.stage_block(f"block-{number}", f"part {number};".encode(), validate_content=True)
        committed, staged = blob.get_block_list("all")
        self.assertEqual((len(committed), sorted(block.id for block in staged)), (0, ["block-0", "block-1", "block-2"]))
        blob.commit_block_list([BlobBlock("block-2"), BlobBlock("block-0")])
        self.assertEqual(blob.download_blob().readall(), b"part 2;part 0;")
        self.fails(400, "InvalidBlockList", blob.commit_block_list, [BlobBlock("block-9")])

    def test_conditions(self):
        blob = self.upload("conditions", b"one")
        etag = blob.get_blob_properties().etag
        self.fails(409, "BlobAlreadyExists", blob.upload_blob, b"two")
        unchanged = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        blob.upload_blob(b"two", overwrite=True, **unchanged)
        self.fails(412, "ConditionNotMet", blob.delete_blob, **unchanged)
        self.assertEqual(blob.download_blob().readall(), b"two")

    def test_listings(self):
        names = ["list/a", "list/b&<c>", "list/b/1", "list/b/2", "list/c d", "list/ä"]
        for name in names:
            self.upload(name, b"x", metadata={"of": "list"})
        flat = list(self.container.list_blobs("list/", include=["metadata"], results_per_page=2))
        self.assertEqual([blob.name for blob in flat], names)
        self.assertTrue(all(blob.metadata == {"of": "list"} for blob in flat))
        tree = [item.name for item in self.container.walk_blobs("list/", delimiter="/")]
        self.assertEqual(sorted(tree), sorted(["list/a", "list/b&<c>", "list/b/", "list/c d", "list/ä"]))

    def test_delete(self):
        blob = self.upload("deleted", b"x")
        blob.delete_blob()
        self.assertFalse(blob.exists())
        self.fails(404, "BlobNotFound", blob.delete_blob)

    def test_sas_and_stored_policies(self):
        blob = self.upload("shared", b"readable")
        names = {"account_name": ACCOUNT, "container_name": self.container.container_name, "account_key": KEY}
        sas = generate_blob_sas(**names, blob_name="shared", permission="r", expiry=soon())
        holder = BlobServiceClient(URL, credential=sas, **SMALL)
        theirs = holder.get_blob_client(self.container.container_name, "shared")
        self.assertEqual(theirs.download_blob().readall(), b"readable")
        self.fails(403, "AuthorizationPermissionMismatch", theirs.set_blob_metadata, {"a": "1"})

        policy = AccessPolicy(permission=ContainerSasPermissions(read=True, list=True), expiry=soon())
        self.container.set_container_access_policy({"readers": policy})
        self.assertEqual(self.container.get_container_access_policy()["signed_identifiers"][0].id, "readers")
        holder = BlobServiceClient(URL, credential=generate_container_sas(**names, policy_id="readers"), **SMALL)
        theirs = holder.get_container_client(self.container.container_name)
        self.assertIn("shared", [each.name for each in theirs.list_blobs()])
        self.container.set_container_access_policy({})
        self.fails(403, "AuthenticationFailed", theirs.get_blob_client("shared").download_blob)
        self.assertTrue(blob.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
