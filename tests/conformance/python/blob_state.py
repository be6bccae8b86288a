"""Leases, snapshots, tags, tiers, append blobs and page blobs, as users of Debian's Python SDK meet them."""

import os
import unittest
import uuid

from azure.storage.blob import SequenceNumberAction, StandardBlobTier
from sdk_case import SdkCase


class BlobState(SdkCase):
    def test_lease(self):
        blob = self.upload("leased", b"one")
        lease = blob.acquire_lease(15)
        self.fails(412, "LeaseIdMissing", blob.delete_blob)
        blob.upload_blob(b"two", overwrite=True, lease=lease)
        lease.renew()
        lease.change(str(uuid.uuid4()))
        lease.release()
        lease.acquire(-1)
        self.assertEqual(lease.break_lease(0), 0)
        blob.delete_blob()

    def test_snapshots(self):
        blob = self.upload("kept", b"one")
        old = self.container.get_blob_client("kept", snapshot=blob.create_snapshot()["snapshot"])
        blob.upload_blob(b"two", overwrite=True)
        self.assertEqual(old.download_blob().readall(), b"one")
        listed = list(self.container.list_blobs("kept", include=["snapshots"]))
        self.assertEqual(len(listed), 2)
        self.fails(409, "SnapshotsPresent", blob.delete_blob)
        blob.delete_blob(delete_snapshots="include")

    def test_tags_and_tiers(self):
        blob = self.upload("tagged", b"x", tags={"project": "a b"}, standard_blob_tier=StandardBlobTier.COOL)
        self.assertEqual(blob.get_blob_tags(), {"project": "a b"})
        blob.set_blob_tags({"state": "new"})
        self.fails(412, "ConditionNotMet", blob.set_blob_metadata, {"a": "1"}, if_tags_match_condition="\"state\"='old'")
        blob.set_blob_metadata({"a": "1"}, if_tags_match_condition="\"state\"='new'")
        self.assertEqual(blob.get_blob_properties().blob_tier, "Cool")
        blob.set_standard_blob_tier(StandardBlobTier.HOT)
        self.assertEqual(blob.get_blob_properties().blob_tier, "Hot")

    def test_append_blob(self):
        blob = self.container.get_blob_client("log")
        blob.create_append_blob()
        self.assertEqual(blob.append_block(b"one;", validate_content=True)["blob_append_offset"], "0")
        self.assertEqual(blob.append_block(b"two;", appendpos_condition=4)["blob_append_offset"], "4")
        self.fails(412, "AppendPositionConditionNotMet", blob.append_block, b"x", appendpos_condition=4)
        blob.upload_blob(b"three;", blob_type="AppendBlob")
        blob.seal_append_blob()
        self.fails(409, "BlobIsSealed", blob.append_block, b"x")
        self.assertEqual(blob.download_blob().readall(), b"one;two;three;")

    def test_page_blob(self):
        blob = self.container.get_blob_client("disk")
        page = os.urandom(512)
        blob.create_page_blob(4096)
        blob.upload_page(page, 1024, 512, validate_content=True)
        snapshot = blob.create_snapshot()
        blob.upload_page(page * 2, 2048, 1024)
        blob.clear_page(1024, 512)
        self.assertEqual(blob.download_blob().readall(), bytes(2048) + page * 2 + bytes(1024))
        ranges, cleared = blob.get_page_ranges()
        self.assertEqual([(r["start"], r["end"]) for r in ranges], [(2048, 3071)])
        ranges, cleared = blob.get_page_ranges(previous_snapshot_diff=snapshot)
        self.assertEqual([(r["start"], r["end"]) for r in ranges], [(2048, 3071)])
        self.assertEqual([(r["start"], r["end"]) for r in cleared], [(1024, 1535)])
        blob.set_sequence_number(SequenceNumberAction.Max, 7)
        self.fails(412, "SequenceNumberConditionNotMet", blob.upload_page, page, 0, 512, if_sequence_number_lt=7)
        blob.resize_blob(512)
        self.assertEqual(blob.download_blob().readall(), bytes(512))


if __name__ == "__main__":
    unittest.main(verbosity=2)
