"""Encryption scopes as users of Debian's Python SDK meet them. `red` and `blue` are there, `off` is disabled."""

import unittest
import uuid

from azure.storage.blob import ContainerEncryptionScope
from sdk_case import SdkCase


class Scopes(SdkCase):
    def in_scope(self, scope, only):
        container = self.service.create_container(
            f"py-{uuid.uuid4().hex[:8]}", container_encryption_scope=ContainerEncryptionScope(
                scope, prevent_encryption_scope_override=only))
        self.addCleanup(container.delete_container)
        return container

    def test_of_blobs(self):
        blob = self.upload("small", b"one", encryption_scope="red", metadata={"a": "1"})
        got = blob.get_blob_properties()
        self.assertEqual((got.encryption_scope, got.metadata), ("red", {"a": "1"}))
        self.assertEqual(blob.download_blob().readall(), b"one")
        blob.set_blob_metadata({"a": "2"}, encryption_scope="red")
        big = self.upload("big", bytes(5_000_000), encryption_scope="blue")
        self.assertEqual(big.get_blob_properties().encryption_scope, "blue")
        self.assertEqual(big.download_blob().readall(), bytes(5_000_000))
        listed = {item.name: item.encryption_scope for item in self.container.list_blobs()}
        self.assertEqual((listed["small"], listed["big"]), ("red", "blue"))
        self.fails(403, "EncryptionScopeDisabled", self.upload, "never", b"x", encryption_scope="off")
        self.fails(400, "EncryptionScopeNotFound", self.upload, "never", b"x", encryption_scope="nowhere")

    def test_append_and_page_blobs(self):
        log = self.container.get_blob_client("log")
        log.create_append_blob(encryption_scope="red")
        log.append_block(b"one", encryption_scope="red")
        self.assertEqual(log.download_blob().readall(), b"one")
        disk = self.container.get_blob_client("disk")
        disk.create_page_blob(1024, encryption_scope="blue")
        disk.upload_page(b"p" * 512, 0, 512, encryption_scope="blue")
        self.assertEqual(disk.download_blob(0, 512).readall(), b"p" * 512)
        self.fails(409, "BlobCustomerSpecifiedEncryptionMismatch", disk.upload_page, b"p" * 512, 0, 512,
                   encryption_scope="red")

    def test_of_containers(self):
        free, bound = self.in_scope("red", False), self.in_scope("blue", True)
        shown = bound.get_container_properties().encryption_scope
        self.assertEqual((shown.default_encryption_scope, shown.prevent_encryption_scope_override), ("blue", True))
        free.upload_blob("a", b"x")
        free.upload_blob("b", b"x", encryption_scope="blue")
        bound.upload_blob("a", b"x")
        self.assertEqual([item.encryption_scope for item in free.list_blobs()], ["red", "blue"])
        self.assertEqual([item.encryption_scope for item in bound.list_blobs()], ["blue"])
        self.fails(403, "RequestForbiddenByContainerEncryptionPolicy", bound.upload_blob, "b", b"x",
                   encryption_scope="red")

    def test_copies(self):
        source = self.upload("source", b"content", encryption_scope="red")
        copy = self.container.get_blob_client("copy")
        done = copy.start_copy_from_url(source.url, requires_sync=True, encryption_scope="blue")
        self.assertEqual(done["copy_status"], "success")
        self.assertEqual(copy.get_blob_properties().encryption_scope, "blue")
        self.assertEqual(copy.download_blob().readall(), b"content")


if __name__ == "__main__":
    unittest.main()
