"""az of Debian, unmodified, on the directory: az ad, and the ways in which people sign in."""

import json
import subprocess

from conformance.az_case import SECONDS, AzByHand
from harness import paths
from harness.waiting import wait_until

from .test_directory import PASSWORD, Browser


class AzDirectory(AzByHand):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ends = cls.server.endpoints
        # Where Graph is has no option of its own in 2.45.
        config = {"endpoints": {"resourceManager": ends["management"], "management": ends["management"],
                                "activeDirectory": ends["login"], "activeDirectoryResourceId": ends["management"],
                                "activeDirectoryGraphResourceId": ends["graph"] + "/",
                                "microsoftGraphResourceId": ends["graph"] + "/"}}
        cls.must("cloud", "update", "--name", "Freehold", "--cloud-config", json.dumps(config))

    def setUp(self):
        self.sign_in()

    def add_user(self, name: str) -> str:
        user = f"{name}@{self.server.endpoints['domain']}"
        made = self.az("ad", "user", "create", "--display-name", f"{name} of the house", "--user-principal-name", user,
                       "--password", PASSWORD)
        self.assertEqual(made["userPrincipalName"], user)
        return user

    def test_users_and_groups(self):
        user = self.add_user("ada")
        self.az("ad", "user", "update", "--id", user, "--display-name", "Ada")
        shown = self.az("ad", "user", "show", "--id", user)
        self.assertEqual(shown["displayName"], "Ada")
        self.assertEqual(self.az("ad", "user", "list", "--filter", "startswith(displayName,'Ad')", "--query", "[].id"),
                         [shown["id"]])
        group = self.az("ad", "group", "create", "--display-name", "readers", "--mail-nickname", "readers")
        self.az("ad", "group", "member", "add", "--group", "readers", "--member-id", shown["id"])
        self.assertTrue(self.az("ad", "group", "member", "check", "--group", "readers", "--member-id", shown["id"])["value"])
        members = self.az("ad", "group", "member", "list", "--group", group["id"], "--query", "[].userPrincipalName")
        self.assertEqual(members, [user])
        self.assertEqual(self.az("ad", "user", "get-member-groups", "--id", user, "--query", "[].displayName"), ["readers"])
        self.az("ad", "group", "member", "remove", "--group", "readers", "--member-id", shown["id"])
        self.az("ad", "group", "delete", "--group", "readers")
        self.az("ad", "user", "delete", "--id", user)
        self.assertEqual(self.az("ad", "user", "list", "--filter", f"userPrincipalName eq '{user}'"), [])

    def test_applications_that_sign_in(self):
        made = self.az("ad", "sp", "create-for-rbac", "--name", "by a secret")
        self.assertEqual(self.az("ad", "sp", "show", "--id", made["appId"], "--query", "displayName"), "by a secret")
        self.az("login", "--service-principal", "-u", made["appId"], "-p", made["password"], "--tenant", made["tenant"],
                "--allow-no-subscriptions")
        self.sign_in()
        self.az("ad", "app", "update", "--id", made["appId"], "--web-redirect-uris", "https://app.test/back")
        again = self.az("ad", "app", "credential", "reset", "--id", made["appId"])
        self.assertNotEqual(again["password"], made["password"])
        refused = self.start("login", "--service-principal", "-u", made["appId"], "-p", made["password"], "--tenant",
                             made["tenant"])
        self.assertIn("AADSTS7000215", refused.stderr)
        self.sign_in()

        folder = paths.temporary_folder(self)
        certified = self.az("ad", "sp", "create-for-rbac", "--name", "by a certificate", "--create-cert", HOME=str(folder))
        self.az("login", "--service-principal", "-u", certified["appId"], "-p", certified["fileWithCertAndPrivateKey"],
                "--tenant", certified["tenant"], "--allow-no-subscriptions")
        self.sign_in()
        self.az("ad", "app", "delete", "--id", certified["appId"])
        gone = self.start("login", "--service-principal", "-u", certified["appId"], "-p",
                          certified["fileWithCertAndPrivateKey"], "--tenant", certified["tenant"], "--allow-no-subscriptions")
        self.assertIn("AADSTS700016", gone.stderr)

    def test_people_sign_in(self):
        user = self.add_user("bea")
        self.az("login", "-u", user, "-p", PASSWORD, "--allow-no-subscriptions")
        self.assertEqual(self.az("ad", "signed-in-user", "show", "--query", "userPrincipalName"), user)
        refused = self.start("login", "-u", user, "-p", "wrong")
        self.assertIn("AADSTS50126", refused.stderr)

        said = paths.temporary_folder(self) / "said"
        with said.open("w") as out:
            az = subprocess.Popen([paths.needs("az"), "login", "--use-device-code", "--allow-no-subscriptions"],
                                  cwd=self.home, env=self.environment(AZURE_CORE_ONLY_SHOW_ERRORS=None),
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        self.addCleanup(az.kill)
        wait_until(lambda: "to authenticate" in said.read_text(), 60, "az shows a code")
        code = said.read_text().split(" enter the code ")[1].split()[0]
        browser = Browser(self.server.ca_file).open(self.server.endpoints["loginEntra"] + "/device")
        browser.submit(user_code=code)
        browser.submit(username=user, password=PASSWORD)
        self.assertIn("You are signed in", browser.text)
        self.assertEqual(az.wait(SECONDS), 0, said.read_text())
        self.assertEqual(self.az("ad", "signed-in-user", "show", "--query", "userPrincipalName"), user)
