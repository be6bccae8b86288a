"""The same requests to Azurite and to Freehold; azurite/differences.txt explains each answer that isn't the same.

azurite/requests/*.txt is the table of requests. A difference that isn't listed fails, and so does a listed one that is
no more. What a failure prints can be put into the table as it is.
"""

import concurrent.futures

from harness import paths
from harness.azurite import Azurite
from harness.cases import ServerCase
from harness.server import EMULATOR_ACCOUNT, EMULATOR_KEY

from .azurite import differences, request_table
from .azurite.exchange import Side
from .azurite.observation import Observer


def observe(port: int, rows) -> list[dict]:
    """What one server answers to all rows, in their order."""
    side = Side(EMULATOR_ACCOUNT, EMULATOR_KEY, port)
    observer = Observer(side.url, " ".join(f"{row.target} {row.headers} {row.body}" for row in rows))
    try:
        return [observer.look(row, side.send(row)) for row in rows]
    finally:
        side.client.close()


class SameRequests(ServerCase):
    def test_each_difference_is_explained(self):
        rows = request_table.read()
        self.assertGreaterEqual(len(rows), 300)
        azurite = Azurite(paths.temporary_folder(self) / "azurite", https=False)
        self.addCleanup(azurite.stop)
        azurite.start()
        freehold = self.serve(emulator=True)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            theirs, ours = pool.map(observe, [azurite.http_port, freehold.http_port], [rows, rows])

        found = [difference for row, their, our in zip(rows, theirs, ours)
                 for difference in differences.compare(row.id, their, our)]
        table = differences.read()
        unlisted = differences.unexplained(found, table)
        for row, their, our in zip(rows, theirs, ours):
            differences.mark_agreements(row.id, their, our, table)
        gone = [row for row in table if not row.used]
        if unlisted or gone:
            self.fail("\n".join(["differences without a reason:", *map(str, unlisted),
                                f"{differences.TABLE.name} lists what is no longer so:", *map(str, gone)]))
