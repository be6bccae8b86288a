"""The pages of sign-in in Debian's Chromium, by browser/pages.test.mjs."""

import pathlib

from harness import node, paths

from .test_directory import PASSWORD, DirectoryCase

BROWSER = pathlib.Path(__file__).resolve().parent / "browser"
SECONDS = 200


class SignInPages(DirectoryCase):
    def test_in_chromium(self):
        user = self.add_user("eve")
        said = node.run_tests(self, BROWSER, "pages.test.mjs", SECONDS, LOGIN_URL=self.ends["loginEntra"],
                              MANAGEMENT_URL=self.ends["management"], CHROMIUM=paths.needs("chromium"), USER_NAME=user,
                              PASSWORD=PASSWORD, HOME=str(paths.temporary_folder(self)))
        self.assertIn("ℹ pass 3", said)
