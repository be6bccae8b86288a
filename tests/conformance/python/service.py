"""Copies, batches, finding by tags, properties of the service and SAS of each kind, by Debian's Python SDK."""

import hashlib
import os
import time
import unittest
import uuid

from azure.storage.blob import (AccessPolicy, AccountSasPermissions, BlobBlock, BlobClient, BlobServiceClient,
                                ContainerSasPermissions, CorsRule, ResourceTypes, StandardBlobTier,
                                generate_account_sas, generate_blob_sas, generate_container_sas)
from sdk_case import ACCOUNT, KEY, SMALL, SdkCase, soon


class Copies(SdkCase):
    def test_a_copy_is_begun_and_awaited(self):
        body = os.urandom(3_000_001)
        source = self.upload("source", body, metadata={"mood": "good"}, standard_blob_tier=StandardBlobTier.COOL)
        copy = self.container.get_blob_client("a copy/of ünï")
        begun = copy.start_copy_from_url(source.url)
        self.assertIn(begun["copy_status"], ("success", "pending"))
        deadline = time.monotonic() + 30
        while (properties := copy.get_blob_properties()).copy.status == "pending":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual((properties.copy.status, properties.copy.id), ("success", begun["copy_id"]))
        self.assertEqual(properties.copy.progress, "3000001/3000001")
        self.assertEqual(properties.metadata, {"mood": "good"})
        self.assertEqual(copy.download_blob().readall(), body)
        self.fails(409, "NoPendingCopyOperation", copy.abort_copy, begun["copy_id"])

    def test_content_from_urls(self):
        body = os.urandom(2_000_000)
        source = self.upload("for urls", body)
        sas = generate_blob_sas(ACCOUNT, self.container.container_name, "for urls", account_key=KEY, permission="r",
                                expiry=soon())
        url = f"{source.url}?{sas}"
        whole = self.container.get_blob_client("whole")
        whole.upload_blob_from_url(url)
        self.assertEqual(whole.download_blob().readall(), body)
        parts = self.container.get_blob_client("parts")
        for number in range(2):
            parts.stage_block_from_url(f"{number}", url, source_offset=number * 1_000_000, source_length=1_000_000)
        parts.commit_block_list([BlobBlock("1"), BlobBlock("0")])
        self.assertEqual(parts.download_blob().readall(), body[1_000_000:] + body[:1_000_000])
        at_once = self.container.get_blob_client("at once")
        at_once.start_copy_from_url(url, requires_sync=True)
        self.assertEqual(at_once.download_blob().readall(), body)
        log = self.container.get_blob_client("log from url")
        log.create_append_blob()
        log.append_block_from_url(url, source_offset=10, source_length=1000)
        self.assertEqual(log.download_blob().readall(), body[10:1010])
        disk = self.container.get_blob_client("disk from url")
        disk.create_page_blob(4096)
        disk.upload_pages_from_url(url, 512, 1024, 2048)
        self.assertEqual(disk.download_blob().readall(), bytes(512) + body[2048:3072] + bytes(2560))
        self.fails(404, "CannotVerifyCopySource", whole.upload_blob_from_url, source.url + "-none", overwrite=True)


class Service(SdkCase):
    def test_batches(self):
        names = ["batch/1", "batch/ä ö?", "batch/3"]
        for name in names:
            self.upload(name, b"x")
        answers = list(self.container.set_standard_blob_tier_blobs("Cool", *names))
        self.assertEqual([answer.status_code for answer in answers], [200, 200, 200])
        self.assertEqual(self.container.get_blob_client(names[1]).get_blob_properties().blob_tier, "Cool")
        answers = list(self.container.delete_blobs(*names, "batch/none", raise_on_any_failure=False))
        self.assertEqual([answer.status_code for answer in answers], [202, 202, 202, 404])
        self.assertEqual(list(self.container.list_blobs("batch/")), [])

    def test_found_by_tags(self):
        mark = uuid.uuid4().hex
        for number in range(5):
            self.upload(f"found/{number}", b"x", tags={"mark": mark, "number": str(number)})
        found = list(self.service.find_blobs_by_tags(f"mark='{mark}' and number > '2'", results_per_page=1))
        self.assertEqual([blob.name for blob in found], ["found/3", "found/4"])
        self.assertEqual(found[0].container_name, self.container.container_name)
        found = list(self.container.find_blobs_by_tags(f"mark='{mark}'", results_per_page=2))
        self.assertEqual(len(found), 5)

    def test_properties_of_the_service(self):
        before = self.service.get_service_properties()
        rule = CorsRule(["https://page.test"], ["GET", "PUT"], allowed_headers=["x-ms-*"], max_age_in_seconds=60)
        try:
            self.service.set_service_properties(cors=[rule])
            after = self.service.get_service_properties()
            self.assertEqual(after["cors"][0].allowed_origins, "https://page.test")
            self.assertEqual(after["analytics_logging"].version, before["analytics_logging"].version)
        finally:
            self.service.set_service_properties(cors=[])
        self.assertEqual(self.service.get_account_information()["account_kind"], "StorageV2")


class SharedAccess(SdkCase):
    def setUp(self):
        self.names = {"account_name": ACCOUNT, "container_name": self.container.container_name, "account_key": KEY}

    def theirs(self, blob, sas):
        return BlobClient.from_blob_url(f"{blob.url}{'&' if '?' in blob.url else '?'}{sas}", retry_total=0)

    def test_of_a_blob(self):
        blob = self.upload("shared", b"readable")
        sas = generate_blob_sas(**self.names, blob_name="shared", permission="r", expiry=soon(),
                                content_type="text/x-by-sas", ip="203.0.113.7")
        self.fails(403, "AuthorizationSourceIPMismatch", self.theirs(blob, sas).download_blob)
        sas = generate_blob_sas(**self.names, blob_name="shared", permission="r", expiry=soon(),
                                content_type="text/x-by-sas")
        download = self.theirs(blob, sas).download_blob()
        self.assertEqual((download.readall(), download.properties.content_settings.content_type),
                         (b"readable", "text/x-by-sas"))
        self.fails(403, "AuthorizationPermissionMismatch", self.theirs(blob, sas).set_blob_metadata, {"a": "1"})
        self.fails(403, "AuthenticationFailed", self.theirs(self.upload("other", b"x"), sas).download_blob)

    def test_of_a_snapshot(self):
        blob = self.upload("photographed", b"then")
        snapshot = blob.create_snapshot()["snapshot"]
        blob.upload_blob(b"now", overwrite=True)
        sas = generate_blob_sas(**self.names, blob_name="photographed", snapshot=snapshot, permission="r", expiry=soon())
        old = self.container.get_blob_client("photographed", snapshot=snapshot)
        self.assertEqual(self.theirs(old, sas).download_blob().readall(), b"then")
        self.fails(403, "AuthenticationFailed", self.theirs(blob, sas).download_blob)

    def test_of_a_container_by_a_stored_policy(self):
        blob = self.upload("by policy", b"readable")
        policy = AccessPolicy(permission=ContainerSasPermissions(read=True, list=True), expiry=soon())
        self.container.set_container_access_policy({"readers": policy})
        self.assertEqual(self.container.get_container_access_policy()["signed_identifiers"][0].id, "readers")
        holder = BlobServiceClient(self.service.url, generate_container_sas(**self.names, policy_id="readers"), **SMALL)
        theirs = holder.get_container_client(self.container.container_name)
        self.assertIn("by policy", [each.name for each in theirs.list_blobs()])
        self.container.set_container_access_policy({})
        self.fails(403, "AuthenticationFailed", theirs.get_blob_client("by policy").download_blob)
        self.assertTrue(blob.exists())

    def test_of_the_account(self):
        sas = generate_account_sas(ACCOUNT, KEY, ResourceTypes(service=True, container=True, object=True),
                                   AccountSasPermissions(read=True, write=True, list=True, create=True, tag=True,
                                                         filter_by_tags=True), soon())
        holder = BlobServiceClient(self.service.url, sas, **SMALL)
        blob = holder.get_blob_client(self.container.container_name, "by account SAS")
        body = os.urandom(2_500_000)
        blob.upload_blob(body, tags={"by": "sas"})
        digest = hashlib.sha256(blob.download_blob(max_concurrency=3).readall()).digest()
        self.assertEqual(digest, hashlib.sha256(body).digest())
        self.assertIn("by account SAS", [found.name for found in holder.find_blobs_by_tags("\"by\"='sas'")])
        self.fails(403, "AuthorizationPermissionMismatch", blob.delete_blob)


if __name__ == "__main__":
    unittest.main(verbosity=2)
