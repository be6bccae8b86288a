"""What signing in with Debian's azure-identity opens. Needs LOGIN_URL, TENANT_ID, CLIENT_ID and CLIENT_SECRET besides."""

import datetime
import os
import unittest
import uuid

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from azure.storage.blob import BlobClient, BlobServiceClient, generate_blob_sas
from sdk_case import ACCOUNT, SMALL, URL, soon

LOGIN, TENANT, CLIENT, SECRET = (os.environ[name] for name in ("LOGIN_URL", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"))
STORAGE = "https://storage.azure.com/.default"


def credential(tenant=TENANT, secret=SECRET):
    return ClientSecretCredential(tenant, CLIENT, secret, authority=LOGIN, instance_discovery=False, retry_total=0)


class SignedIn(unittest.TestCase):
    def works(self, credential):
        service = BlobServiceClient(URL, credential=credential, **SMALL)
        container = service.create_container(f"py-{uuid.uuid4().hex[:8]}")
        body = os.urandom(2_500_000)
        blob = container.upload_blob("a/blob", body, max_concurrency=3)
        self.assertEqual(blob.download_blob(max_concurrency=3).readall(), body)
        self.assertEqual([each.name for each in container.list_blobs()], ["a/blob"])
        return service, container, blob

    def test_entra_style_authority(self):
        _, container, _ = self.works(credential())
        container.delete_container()

    def test_ad_fs_style_authority(self):
        _, container, _ = self.works(credential(tenant="adfs"))
        container.delete_container()

    def test_user_delegation_sas(self):
        service, container, blob = self.works(credential())
        key = service.get_user_delegation_key(datetime.datetime.utcnow() - datetime.timedelta(minutes=1), soon())
        self.assertEqual(key.signed_tid, TENANT)
        sas = generate_blob_sas(ACCOUNT, container.container_name, "a/blob", user_delegation_key=key, permission="r",
                                expiry=soon())
        theirs = BlobClient.from_blob_url(f"{blob.url}?{sas}", retry_total=0)
        self.assertEqual(theirs.download_blob().readall(), blob.download_blob().readall())
        with self.assertRaisesRegex(Exception, "AuthorizationPermissionMismatch"):
            theirs.delete_blob()
        container.delete_container()

    def test_a_wrong_secret(self):
        with self.assertRaisesRegex(ClientAuthenticationError, "AADSTS7000215"):
            credential(secret="wrong").get_token(STORAGE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
