"""The command line as operators' scripts rely on it, and starts that must be refused with a clear word."""

import os
import re
import shutil
import socket
import stat
import subprocess

from harness import paths, server
from harness.blob_client import BlobClient
from harness.cases import ServerCase, SharedServerCase
from harness.server import StartFailed


class Words(ServerCase):
    """What needs no server."""

    def test_help_names_every_command(self):
        text = server.run("help", check=True).stdout
        for command in ("up", "env", "fsck", "export-audit", "verify", "version"):
            self.assertRegex(text, rf"\b{re.escape(command)}\b")
            self.assertIn("--", server.run("help", command, check=True).stdout)

    def test_version(self):
        self.assertRegex(server.run("version", check=True).stdout, r"\d+\.\d+\.\d+")

    def test_bad_usage_is_64_and_says_what_was_wrong(self):
        folder = paths.temporary_folder(self)
        for arguments, word in [(["upp"], "up"), (["up"], "--data"), (["up", "--data", folder / "d", "--htps-port", "1"], "htps-port"),
                                (["up", "--data", folder / "d", "--https-port", "banana"], "https-port"),
                                (["verify"], "OUT"), (["help", "nonsense"], "nonsense"), ([], "up")]:
            with self.subTest(arguments=arguments):
                done = server.run(*arguments)
                self.assertEqual(done.returncode, 64, done.stdout + done.stderr)
                self.assertIn(word, done.stdout + done.stderr)
        self.assertFalse((folder / "d").exists(), "a refused command line must touch nothing")

    def test_an_unknown_key_names_the_nearest_known_one(self):
        folder = paths.temporary_folder(self)
        config = folder / "my.toml"
        for text, unknown, near in [('[hsm]\nmodul = "x"\n', "modul", "module"), ('[regoin]\nname = "x"\n', "regoin", "region"),
                                    ('[[zone]]\nname = "1"\nfault_domain = ["a"]\n', "fault_domain", "fault_domains")]:
            with self.subTest(unknown=unknown):
                config.write_text(text)
                with self.assertRaises(StartFailed) as refused:
                    self.serve(args=["--config", str(config)])
                self.assertEqual(refused.exception.code, 64, refused.exception.output)
                self.assertIn(unknown, refused.exception.output)
                self.assertRegex(refused.exception.output, rf"\b{near}\b")

    def test_env_before_the_first_start_says_what_to_do(self):
        done = server.run("env", "--data", paths.temporary_folder(self) / "nothing")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("freehold up", done.stdout + done.stderr)


class Starts(ServerCase):
    def test_a_second_process_on_the_same_folder_is_refused(self):
        first = self.serve(emulator=True)
        with self.assertRaises(StartFailed) as refused:
            server_options = {"emulator": True}
            self.serve(first.data, **server_options)
        self.assertEqual(refused.exception.code, 2, refused.exception.output)
        self.assertIn(str(first.data), refused.exception.output)
        checked = server.run("fsck", "--data", first.data)
        self.assertEqual(checked.returncode, 2, "fsck of a folder in use must be refused")
        client = BlobClient.of(first)
        self.assertEqual(client.create_container("still-here").status, 201)
        client.close()
        first.stop()

    def test_a_taken_port_is_an_error_that_names_it(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            for options in ({"https_port": port}, {"http_port": port}):
                with self.subTest(options=options):
                    with self.assertRaises(StartFailed) as refused:
                        self.serve(**options)
                    self.assertIn(refused.exception.code, (2, 64))
                    self.assertIn(str(port), refused.exception.output)

    def test_a_machine_without_ipv6(self):
        script = ("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set lo up; exec \"$@\"")
        prefix = ["unshare", "--net", "sh", "-c", script, "sh"]
        if subprocess.run([*prefix, "true"], capture_output=True, timeout=30).returncode != 0:
            prefix = []  # no right to make a network namespace: at least the IPv4-only listener is tried
        process = self.serve(emulator=True, prefix=prefix, args=[] if prefix else ["--listen", "127.0.0.1"])
        inside = ["nsenter", f"--net=/proc/{process.pid}/ns/net"] if prefix else []
        done = subprocess.run([*inside, paths.needs("curl"), "--silent", "--show-error", "--noproxy", "*", "--cacert",
                               process.ca_file, f"https://127.0.0.1:{process.https_port}/{process.account}?comp=list"],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("<Error>", done.stdout)
        process.stop()

    def test_start_stop_start(self):
        process = self.serve()
        self.assertIsNone(process.http_port, "plain http is off unless it was asked for")
        account = process.account
        client = BlobClient.of(process)
        self.assertEqual(client.create_container("kept").status, 201)
        self.assertEqual(client.put("kept/blob", b"content").status, 201)
        client.close()
        process.restart()
        self.assertEqual(process.account, account)
        client = BlobClient.of(process)
        self.assertEqual(client.get("kept/blob").body, b"content")
        client.close()
        process.stop()


class WhileServing(SharedServerCase):
    def test_what_lies_in_the_folder_is_private(self):
        def mode(path):
            return stat.S_IMODE(path.stat().st_mode)
        self.assertEqual(mode(self.server.data), 0o700)
        self.assertEqual(mode(self.server.data / "endpoints.json"), 0o600)

    def test_endpoints_say_what_they_should(self):
        ends = self.server.endpoints
        for name in ("region", "domain", "httpsPort", "httpPort", "metricsPort", "caFile", "management", "login",
                     "loginEntra", "graph", "blobSuffix", "vaultSuffix", "hsmSuffix", "tenantId", "subscriptionId",
                     "resourceGroup", "admin", "storageAccounts"):
            self.assertIn(name, ends)
        self.assertEqual((ends["httpsPort"], ends["httpPort"]), (self.server.https_port, self.server.http_port))
        self.assertTrue(os.path.isabs(ends["caFile"]) and os.path.exists(ends["caFile"]))
        self.assertRegex(ends["storageAccounts"][0]["name"], r"^default[a-z0-9]{6}$")
        self.assertTrue(ends["login"].endswith("/adfs"))
        for name in ("management", "login", "loginEntra", "graph"):
            self.assertRegex(ends[name], rf"^https://[a-z.]+:{self.server.https_port}(/adfs)?$")

    def test_env_can_be_evaluated_and_works(self):
        script = 'eval "$("$1" env --data "$2")"; printf "%s\\n" "$AZURE_STORAGE_CONNECTION_STRING"'
        done = subprocess.run(["sh", "-c", script, "sh", str(paths.freehold_binary()), str(self.server.data)],
                              capture_output=True, text=True, timeout=30)
        self.assertIn(f"AccountName={self.server.account};", done.stdout, done.stderr)
        self.assertIn(f"AccountKey={self.server.key}", done.stdout)

    def test_metrics_and_health(self):
        base = f"http://127.0.0.1:{self.server.endpoints['metricsPort']}"
        for path, expected in (("/metrics", "# TYPE"), ("/healthz", "")):
            done = subprocess.run([paths.needs("curl"), "--silent", "--fail", "--noproxy", "*", base + path],
                                  capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 0, path)
            self.assertIn(expected, done.stdout)

    def test_both_loopback_addresses_answer(self):
        if shutil.which("ip") is None or not os.path.exists("/proc/net/if_inet6"):
            self.skipTest("this machine has no IPv6")
        for address in ("127.0.0.1", "[::1]", "localhost", f"{self.server.account}.{self.server.blob_suffix}"):
            with self.subTest(address=address):
                done = subprocess.run([paths.needs("curl"), "--silent", "--show-error", "--noproxy", "*", "--cacert",
                                       self.server.ca_file, f"https://{address}:{self.server.https_port}/"],
                                      capture_output=True, text=True, timeout=30)
                self.assertEqual(done.returncode, 0, done.stderr)
