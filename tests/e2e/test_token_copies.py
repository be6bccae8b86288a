"""The HSM token and its sealed copies on bad days: older ones that come back, copies that can't be written, leftovers."""

import pathlib
import shutil
import threading
import time

from harness import paths
from harness.cases import ServerCase
from harness.server import StartFailed
from harness.vault_client import VaultClient
from harness.waiting import wait_until

DOMAINS = range(3)
AMID_TRIES = 10
DELETED = "/deletedsecrets/gone"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"


def copy_of(data: pathlib.Path, domain: int) -> pathlib.Path:
    return data / f"fd{domain}" / "token.sealed"


def block(data: pathlib.Path, held=None) -> None:
    """Two of three fault domains take no copy any more, as if their disks were full; `held` gets what they had."""
    for domain in (1, 2):
        path = copy_of(data, domain)
        if held is not None:
            held[domain] = path.read_bytes()
        while not path.is_dir():
            path.unlink()
            try:
                path.mkdir()
            except FileExistsError:
                pass  # the server has just written another one
        (path / "x").write_bytes(b"x")


def unblock(data: pathlib.Path) -> None:
    for domain in (1, 2):
        shutil.rmtree(copy_of(data, domain))


class TokenCopies(ServerCase):
    def setUp(self):
        self.data = paths.temporary_folder(self) / "data"
        self.server = self.serve(self.data)
        self.vault = VaultClient(self.server).create(softDeleteRetentionInDays=7)
        for name in ("gone", "kept"):
            self.vault.must("PUT", f"/secrets/{name}", {"value": name})

    def purge(self) -> int:
        return self.vault.call("DELETE", DELETED)[0]

    def start(self) -> None:
        self.server.start()
        self.vault.tokens.clear()

    def assert_kept(self) -> None:
        self.assertEqual(self.vault.must("GET", "/secrets/kept")["value"], "kept")
        self.assertEqual(self.vault.call("GET", "/secrets/gone")[0], 404)

    def purge_amid(self, act, undo) -> None:
        """A purge that answers 503, because of what `act` does when the new key is kept and the old one not yet destroyed.

        On a busy machine that comes too late: `undo` it then, and purge another secret.
        """
        for _ in range(AMID_TRIES):
            before = copy_of(self.data, 2).read_bytes()

            def act_in_the_middle():
                while copy_of(self.data, 2).read_bytes() == before:
                    pass
                act()
            acting = threading.Thread(target=act_in_the_middle)
            acting.start()
            status = self.purge()
            acting.join()
            if status == 503:
                return
            self.assertEqual(status, 204)
            undo()
            self.vault.must("PUT", "/secrets/gone", {"value": "gone"})
            self.vault.must("DELETE", "/secrets/gone")
        self.fail("nothing came in the middle of a purge")

    def purge_behind(self, what: pathlib.Path) -> pathlib.Path:
        """A purge of which `what` knows nothing: where that is meanwhile."""
        self.vault.must("DELETE", "/secrets/gone")
        self.server.stop()
        away = self.data.parent / what.name
        if what.name == "hsm":
            shutil.copytree(what, away)
        else:
            shutil.move(what, away)
        self.start()
        self.assertEqual(self.purge(), 204)
        self.server.stop()
        shutil.rmtree(what, ignore_errors=True)
        return away

    def test_an_older_token_that_is_put_back_costs_nothing(self):
        older = self.purge_behind(self.data / "hsm")
        shutil.move(older, self.data / "hsm")
        self.start()
        self.assert_kept()
        self.server.stop()
        shutil.rmtree(self.data / "hsm")
        self.start()
        self.assert_kept()

    def test_one_copy_alone_is_not_believed(self):
        older = self.purge_behind(self.data / "fd0")
        shutil.move(older, self.data / "fd0")
        for domain in (1, 2):
            shutil.move(self.data / f"fd{domain}", self.data.parent / f"fd{domain}")
        shutil.rmtree(self.data / "hsm")
        with self.assertRaises(StartFailed) as refused:
            self.server.start()
        self.assertIn("only one whole sealed copy is at hand", refused.exception.output)
        for domain in (1, 2):
            shutil.rmtree(self.data / f"fd{domain}", ignore_errors=True)
            shutil.move(self.data.parent / f"fd{domain}", self.data / f"fd{domain}")
        self.start()
        self.assert_kept()

    def test_a_purge_is_answered_when_no_copy_has_the_key(self):
        self.vault.must("DELETE", "/secrets/gone")
        held = {}

        def give_back():
            unblock(self.data)
            for domain, copy in held.items():
                copy_of(self.data, domain).write_bytes(copy)
        self.purge_amid(lambda: block(self.data, held), give_back)
        self.assertEqual([self.purge(), self.purge()], [503, 503])
        give_back()
        self.assertEqual(self.purge(), 204)
        for domain, copy in held.items():
            self.assertNotEqual(copy_of(self.data, domain).read_bytes(), copy)
        self.server.kill()
        self.start()
        self.assert_kept()

    def test_a_purge_that_cannot_end_stops_nobody(self):
        other = VaultClient(self.server).create(softDeleteRetentionInDays=7)
        place = "/providers/Microsoft.KeyVault"
        other.manage("DELETE", f"/resourceGroups/default{place}/vaults/{other.name}")
        self.vault.must("DELETE", "/secrets/gone")
        block(self.data)
        location = self.server.endpoints["region"]
        other.manage("POST", f"{place}/locations/{location}/deletedVaults/{other.name}/purge")
        self.assertEqual(self.purge(), 503)
        time.sleep(1)  # the vault's purge is under way
        for _ in range(3):
            self.server.stop()
            self.start()
            self.assert_kept()
        unblock(self.data)
        self.server.restart()
        self.vault.tokens.clear()
        self.assert_kept()
        wait_until(lambda: self.purge() in (204, 404), 30, "the purge")

    def test_what_was_set_aside_goes_with_the_next_purge(self):
        self.server.stop()
        check = self.data / "hsm" / "tokens" / "root-check"
        damaged = bytearray(check.read_bytes())
        damaged[40] ^= 1
        check.write_bytes(damaged)
        self.start()
        aside = [path for path in self.data.iterdir() if path.name.startswith("hsm.damaged-")]
        self.assertEqual(len(aside), 1)
        self.vault.must("DELETE", "/secrets/gone")
        self.assertEqual(self.purge(), 204)
        self.assertFalse(aside[0].exists())
        self.assert_kept()

    def test_a_replacement_that_broke_off_stops_no_purge(self):
        self.vault.must("DELETE", "/secrets/gone")
        left = self.data / "hsm" / "tokens.old"
        left.mkdir()
        (left / "x").write_bytes(b"x")
        self.assertEqual(self.purge(), 204)
        self.assertFalse(left.exists())
        self.assert_kept()

    def newer_copy(self, purges: int = 2) -> bytes:
        """What a token is so many purges on; of those the region here knows nothing."""
        self.server.stop()
        before = self.data.parent / "before"
        shutil.copytree(self.data, before)
        self.start()
        for name in (f"s{number}" for number in range(purges)):
            self.vault.must("PUT", f"/secrets/{name}", {"value": name})
            self.vault.must("DELETE", f"/secrets/{name}")
            self.assertEqual(self.vault.call("DELETE", f"/deletedsecrets/{name}")[0], 204)
        self.server.stop()
        newer = copy_of(self.data, 2).read_bytes()
        shutil.rmtree(self.data)
        before.rename(self.data)
        self.start()
        return newer

    def test_a_newer_copy_that_comes_back_is_never_overwritten(self):
        newer = self.newer_copy()
        self.vault.must("DELETE", "/secrets/gone")
        mine = copy_of(self.data, 2).read_bytes()
        copy_of(self.data, 2).write_bytes(newer)
        check = self.data / "hsm" / "tokens" / "root-check"
        unchanged = check.read_bytes()
        for _ in range(5):  # however often: the token doesn't come to as many changes
            self.assertEqual(self.purge(), 503)
        self.assertEqual(check.read_bytes(), unchanged)
        self.assertTrue(copy_of(self.data, 2).read_bytes() == newer)
        self.assertIn("is of a newer state", self.server.log())
        self.assert_kept()
        copy_of(self.data, 2).write_bytes(mine)
        self.assertEqual(self.purge(), 204)
        self.server.restart()
        self.vault.tokens.clear()
        self.assert_kept()

    def test_a_newer_copy_that_comes_back_amid_a_purge_is_not_overwritten_either(self):
        newer = self.newer_copy(AMID_TRIES + 2)  # however often it comes too late, it's newer
        self.vault.must("DELETE", "/secrets/gone")
        fresh, mine = self.data.parent / "fresh", self.data.parent / "mine"
        fresh.write_bytes(newer)

        def come_back():
            mine.write_bytes(copy_of(self.data, 2).read_bytes())
            shutil.copyfile(fresh, self.data.parent / "coming")
            (self.data.parent / "coming").replace(copy_of(self.data, 2))
        self.purge_amid(come_back, lambda: shutil.copyfile(mine, copy_of(self.data, 2)))
        self.assertTrue(copy_of(self.data, 2).read_bytes() == newer)
        self.assertEqual([self.purge(), self.purge()], [503, 503])
        self.assertTrue(copy_of(self.data, 2).read_bytes() == newer)
        self.assert_kept()
        # A start takes the newer state, sees that the rows aren't of it, and leaves both where they are.
        self.server.stop()
        with self.assertRaises(StartFailed) as refused:
            self.server.start()
        self.assertIn("another time", refused.exception.output)
        self.assertTrue(copy_of(self.data, 2).read_bytes() == newer)
        copy_of(self.data, 2).unlink()
        aside = [path for path in self.data.iterdir() if path.name.startswith("hsm.damaged-")]
        self.assertEqual(len(aside), 1)
        shutil.rmtree(self.data / "hsm")
        aside[0].rename(self.data / "hsm")
        self.start()
        wait_until(lambda: self.purge() in (204, 404), 30, "the purge")
        self.assert_kept()


class AnotherDevice(ServerCase):
    """A module that its operator names: here SoftHSM2 again, whose files are the operator's to keep."""

    def test_a_purge_destroys_its_key(self):
        folder = paths.temporary_folder(self)
        (folder / "device").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'device'}\nobjectstore.backend = file\n")
        (folder / "freehold.toml").write_text(f'[hsm]\nmodule = "{MODULE}"\n')
        server = self.serve(folder / "data", args=("--config", str(folder / "freehold.toml")),
                            env={"SOFTHSM2_CONF": str(folder / "softhsm2.conf")})
        vault = VaultClient(server).create(softDeleteRetentionInDays=7)
        for name in ("gone", "kept"):
            vault.must("PUT", f"/secrets/{name}", {"value": name})
        vault.must("DELETE", "/secrets/gone")
        before = {path.name for path in (folder / "device").rglob("*.object")}
        self.assertEqual(vault.call("DELETE", DELETED)[0], 204)
        after = {path.name for path in (folder / "device").rglob("*.object")}
        self.assertEqual((len(before - after), len(after - before)), (1, 1))
        server.restart()
        vault.tokens.clear()
        self.assertNotIn("can't be destroyed", server.log())
        self.assertEqual(vault.must("GET", "/secrets/kept")["value"], "kept")
