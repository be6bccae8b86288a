"""SdkCase: a container of its own on the server that the environment names, and a check of errors.

Needs BLOB_URL, ACCOUNT_NAME, ACCOUNT_KEY and REQUESTS_CA_BUNDLE.
"""

import datetime
import os
import unittest
import uuid

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

URL, ACCOUNT, KEY = (os.environ[name] for name in ("BLOB_URL", "ACCOUNT_NAME", "ACCOUNT_KEY"))
SMALL = {"max_single_put_size": 1 << 20, "max_block_size": 1 << 20, "max_single_get_size": 1 << 20,
         "max_chunk_get_size": 1 << 20, "retry_total": 0}


def soon():
    return datetime.datetime.utcnow() + datetime.timedelta(hours=1)


class SdkCase(unittest.TestCase):
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
