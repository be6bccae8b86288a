"""az storage of Debian's azure-cli, unmodified: with the account's key, with a SAS, and signed in."""

import os

from conformance.az_case import AzByHand
from harness import paths, signer, trees


class AzStorage(AzByHand):
    @property
    def credentials(self) -> dict:
        server = self.server
        return {"AZURE_STORAGE_CONNECTION_STRING":
                f"DefaultEndpointsProtocol=https;AccountName={server.account};AccountKey={server.key};"
                f"BlobEndpoint={server.blob_url}"}

    def setUp(self):
        self.folder = paths.temporary_folder(self)

    def test_a_blob_from_upload_to_delete(self):
        film = self.folder / "film.bin"
        film.write_bytes(os.urandom((66 << 20) + 1))  # az sends more than 64 MiB in blocks
        key = {"AZURE_STORAGE_CONNECTION_STRING": "", "AZURE_STORAGE_ACCOUNT": self.server.account,
               "AZURE_STORAGE_KEY": self.server.key}
        self.assertTrue(self.az("storage", "container", "create", "--name", "films", **key)["created"])
        self.blob("upload", "-c", "films", "-n", "ein Film/ä+1.bin", "-f", film, "--metadata", "mood=good",
                  "--content-type", "video/x-test", **key)
        copied = self.az("storage", "blob", "copy", "start", "--source-container", "films", "--source-blob",
                         "ein Film/ä+1.bin", "--destination-container", "films", "--destination-blob", "copy", **key)
        self.assertIn(copied["copy_status"], ("success", "pending"))

        sas = self.az("storage", "container", "generate-sas", "--name", "films", "--permissions", "rl",
                      "--expiry", signer.sas_time(3600))
        with_sas = {"AZURE_STORAGE_CONNECTION_STRING": "", "AZURE_STORAGE_ACCOUNT": self.server.account,
                    "AZURE_STORAGE_SAS_TOKEN": sas}
        self.blob("download", "-c", "films", "-n", "ein Film/ä+1.bin", "-f", self.folder / "back.bin", **with_sas)
        self.assertEqual((self.folder / "back.bin").read_bytes(), film.read_bytes())
        refused = self.start("storage", "blob", "delete", "-c", "films", "-n", "copy", **with_sas)
        self.assertIn("You do not have the required permissions", refused.stderr)

        shown = self.az("storage", "blob", "show", "-c", "films", "-n", "copy")
        self.assertEqual((shown["properties"]["contentLength"], shown["metadata"]), (film.stat().st_size, {"mood": "good"}))
        self.assertEqual(shown["properties"]["contentSettings"]["contentType"], "video/x-test")
        self.az("storage", "blob", "delete", "-c", "films", "-n", "ein Film/ä+1.bin")
        listed = self.az("storage", "blob", "list", "-c", "films", "--query", "[].name")
        self.assertEqual(listed, ["copy"])

    def test_a_tree_there_and_back(self):
        tree = trees.make_tree(self.folder / "tree", seed=7, small=60, big_bytes=6_000_000)
        self.az("storage", "container", "create", "--name", "trees")
        self.blob("upload-batch", "-d", "trees", "-s", tree, "--destination-path", "a/tree")
        listed = self.az("storage", "blob", "list", "-c", "trees", "--prefix", "a/", "--query", "[].name")
        self.assertEqual(sorted(listed), sorted(f"a/tree/{name}" for name in trees.digests(tree)))
        back = self.folder / "back"
        back.mkdir()
        self.blob("download-batch", "-d", back, "-s", "trees", "--pattern", "a/tree/*")
        self.assertEqual(trees.digests(back / "a" / "tree"), trees.digests(tree))


class AzSignedIn(AzByHand):
    def test_auth_mode_login(self):
        folder = paths.temporary_folder(self)
        self.sign_in()
        mine = ("--account-name", self.server.account, "--auth-mode", "login")
        self.assertTrue(self.az("storage", "container", "create", "-n", "signed-in", *mine)["created"])
        source = folder / "source.bin"
        source.write_bytes(os.urandom(3_000_000))
        self.blob("upload", "-c", "signed-in", "-n", "a/source.bin", "-f", source, *mine)
        self.blob("download", "-c", "signed-in", "-n", "a/source.bin", "-f", folder / "back.bin", *mine)
        self.assertEqual((folder / "back.bin").read_bytes(), source.read_bytes())

        sas = self.az("storage", "blob", "generate-sas", "-c", "signed-in", "-n", "a/source.bin", "--permissions", "r",
                      "--expiry", signer.sas_time(3600), "--as-user", *mine)
        self.assertIn("skoid=", sas)
        self.blob("download", "--blob-url", f"{self.server.blob_url}/signed-in/a/source.bin?{sas}", "-f",
                  folder / "by sas.bin")
        self.assertEqual((folder / "by sas.bin").read_bytes(), source.read_bytes())
