"""The recipes of docs/clients.md, run as they are written."""

import os
import re
import subprocess

from harness import node, paths
from harness.cases import ServerCase
from harness.server import run

from .test_js_sdk import JS
from .test_python_sdk import PYTHON

PAGE = paths.ROOT / "docs" / "clients.md"
SECONDS = 180


def blocks(info: str) -> list[str]:
    return re.findall(rf"^```{info}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


class Documented(ServerCase):
    def setUp(self):
        self.folder = paths.temporary_folder(self)
        self.process = self.serve()
        exports = run("env", "--data", self.process.data, check=True).stdout
        (self.folder / "exports").write_text(exports)

    def shell(self, script: str) -> str:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", f". ./exports\n{script}"], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
                              env={**os.environ, "no_proxy": "*", "NO_PROXY": "*", "RCLONE_CONFIG": "/dev/null",
                                   "HOME": str(self.folder), "AZURE_CORE_COLLECT_TELEMETRY": "0"})
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_shell_recipes(self):
        scripts = blocks("sh tested")
        self.assertGreaterEqual(len(scripts), 2)
        said = "".join(self.shell(script) for script in scripts)
        self.assertIn("greeting.txt", said)

    def test_javascript_recipe(self):
        (recipe,) = blocks("js")
        (self.folder / "node_modules").symlink_to(node.installed(JS) / "node_modules")
        (self.folder / "recipe.mjs").write_text(recipe)
        self.assertEqual(self.shell(f"{node.node_program()} recipe.mjs"), "hello\n")
        self.process.stop()

    def test_python_recipe(self):
        (recipe,) = blocks("python")
        (self.folder / "recipe.py").write_text(recipe)
        self.assertEqual(self.shell(f"{PYTHON} recipe.py"), "b'hello'\n")
        (recipe,) = blocks("python signed in")
        (self.folder / "recipe.py").write_text(recipe)
        self.assertEqual(self.shell(f"{PYTHON} recipe.py"), "['notes']\n")
