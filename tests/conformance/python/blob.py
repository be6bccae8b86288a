"""What users of Debian's Python SDK do with block blobs; test_python_sdk.py runs it by the system's Python."""

import base64
import hashlib
import os
import unittest

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, ContentSettings, CustomerProvidedEncryptionKey
from sdk_case import URL, SdkCase


class Blob(SdkCase):
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

    def test_a_download_in_chunks_is_of_one_content(self):
        blob = self.upload("replaced", b"a" * 5_000_000)
        chunks = blob.download_blob().chunks()
        self.assertEqual(next(chunks)[:1], b"a")
        blob.upload_blob(b"b" * 5_000_000, overwrite=True)
        self.fails(412, "ConditionNotMet", list, chunks)

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

    def test_customer_provided_key(self):
        if not URL.startswith("https:"):
            self.skipTest("this SDK sends keys over https only")
        secret, body = os.urandom(32), os.urandom(2_500_000)
        digest = base64.b64encode(hashlib.sha256(secret).digest()).decode()
        key = CustomerProvidedEncryptionKey(base64.b64encode(secret).decode(), digest)
        blob = self.upload("locked", body, cpk=key)
        self.assertEqual(blob.download_blob(cpk=key).readall(), body)
        self.fails(409, "BlobUsesCustomerSpecifiedEncryption", blob.download_blob)


if __name__ == "__main__":
    unittest.main(verbosity=2)
