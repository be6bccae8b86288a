"""pgBackRest, unmodified, of a real PostgreSQL: full, incremental, back to a point in time, back to the newest.

Its settings are those of docs/clients.md.
"""

import re
import shutil

from harness import paths
from harness.blob_client import BlobClient
from harness.cases import ServerCase
from harness.postgres import Postgres

PAGE = paths.ROOT / "docs" / "clients.md"


class PgBackRest(ServerCase):
    def setUp(self):
        self.process = self.serve()
        client = BlobClient.of(self.process)
        self.addCleanup(client.close)
        self.assertEqual(client.create_container("postgres").status, 201)
        self.client = client
        folder = paths.temporary_folder(self)
        self.postgres = Postgres(folder, {
            "PGBACKREST_CONFIG": str(folder / "pgbackrest.conf"), "PGBACKREST_LOG_PATH": str(folder),
            "PGBACKREST_LOCK_PATH": str(folder / "lock"), "PGBACKREST_PG1_SOCKET_PATH": str(folder),
            "PGBACKREST_PG1_USER": "postgres"})
        self.addCleanup(self.postgres.kill)
        self.configure(folder)
        self.postgres.create("pgbackrest --stanza=main archive-push %p")
        self.postgres.start()

    def configure(self, folder) -> None:
        """The documented settings, with this server's names."""
        (settings,) = re.findall(r"^```ini pgbackrest\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        shutil.copy(self.process.ca_file, folder / "ca.pem")
        (folder / "ca.pem").chmod(0o644)
        for documented, here in (("=NAME\n", f"={self.process.account}\n"), ("=KEY\n", f"={self.process.key}\n"),
                                 ("=8443\n", f"={self.process.https_port}\n"),
                                 ("/etc/ssl/freehold-ca.pem", str(folder / "ca.pem")),
                                 ("/var/lib/postgresql/15/main", str(folder / "data"))):
            self.assertEqual(settings.count(documented), 1, documented)
            settings = settings.replace(documented, here)
        (folder / "pgbackrest.conf").write_text(settings)

    def pgbackrest(self, *args) -> str:
        return self.postgres.run("pgbackrest", "--stanza=main", "--log-level-console=detail", *args)

    def lose_everything_and(self, *restore) -> None:
        self.postgres.stop()
        shutil.rmtree(self.postgres.data)
        self.postgres.run("mkdir", "-m", "700", self.postgres.data)
        self.pgbackrest(*restore, "restore")
        self.postgres.start()

    def test_full_incremental_point_in_time_newest(self):
        postgres = self.postgres
        self.pgbackrest("stanza-create")
        self.pgbackrest("check")
        # What gzip can't shrink, so that files and segments of the log are sent in several blocks.
        postgres.sql("create table letters as select n, gen_random_uuid() a, gen_random_uuid() b "
                     "from generate_series(1, 150000) n")
        self.pgbackrest("--type=full", "backup")
        postgres.sql("update letters set a = b where n % 10 = 0; create table notes (text text); "
                     "insert into notes select repeat('Grüße ', n) from generate_series(1, 1000) n")
        said = self.pgbackrest("--type=incr", "backup")
        self.assertIn("incr backup size", said)
        postgres.sql("insert into notes values ('after the last backup, before the accident')")
        before, moment = postgres.digest(), postgres.sql("select clock_timestamp()")
        postgres.sql("drop table letters; delete from notes")

        self.lose_everything_and("--type=time", f"--target={moment}", "--target-action=promote")
        self.assertEqual(postgres.digest(), before)

        postgres.sql("insert into notes values ('life goes on')")
        kept = self.names("main/backup/")
        self.pgbackrest("--type=full", "--repo1-retention-full=1", "backup")  # the older backups go
        self.assertFalse(kept & self.names("main/backup/main/2"))
        postgres.sql("insert into notes values ('and on')")
        newest = postgres.digest()
        self.assertNotEqual(newest, before)
        self.lose_everything_and()
        self.assertEqual(postgres.digest(), newest)

    def names(self, prefix: str) -> set[str]:
        listing = self.client.listing("postgres").decode()
        return {name for name in re.findall(r"<Name>([^<]*)</Name>", listing) if name.startswith(prefix)}
