#!/usr/bin/env python3
"""Runs the tests of the whole program by real processes.

    tests/run.py [conformance|e2e] [-k PATTERN]... [--list]

FREEHOLD_BIN names the program (default build/release/freehold). Prints 'N passed, N failed' at the end.
"""

import argparse
import pathlib
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent
SUITES = ["conformance", "e2e"]


class Result(unittest.TextTestResult):
    """One line a test with its time; failures are shown as soon as they happen."""

    def startTest(self, test):
        self._begun = time.monotonic()
        unittest.TestResult.startTest(self, test)

    def _line(self, test, verdict, error=None):
        seconds = time.monotonic() - getattr(self, "_begun", time.monotonic())
        self.stream.writeln(f"{verdict:6} {seconds:6.1f} s  {test.id()}")
        if error is not None:
            self.stream.writeln(self._exc_info_to_string(error, test))
        self.stream.flush()

    passed = 0

    def addSuccess(self, test):
        self.passed += 1
        self._line(test, "ok")

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self._line(test, "FAILED", err)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        unittest.TestResult.addSubTest(self, test, subtest, err)
        if err is not None:
            self._line(subtest, "FAILED", err)

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        self._line(test, "skip")
        self.stream.writeln(f"       {reason}")


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="all of them if none is named")
    parser.add_argument("-k", dest="patterns", action="append", default=[], help="only tests whose id holds this")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()

    sys.path.insert(0, str(TESTS))
    chosen = unittest.TestSuite()
    for name in options.suites or SUITES:
        loaded = unittest.defaultTestLoader.discover(str(TESTS / name), top_level_dir=str(TESTS))
        for test in flatten(loaded):
            if not options.patterns or any(pattern in test.id() for pattern in options.patterns):
                chosen.addTest(test)
    if options.list:
        print("\n".join(test.id() for test in flatten(chosen)))
        return 0
    count = chosen.countTestCases()
    if count == 0:
        print("no test matches", file=sys.stderr)
        return 64
    begun = time.monotonic()
    runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result, verbosity=0)
    result = Result(runner.stream, True, 0)
    chosen.run(result)
    failed = len(result.failures) + len(result.errors)
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"{result.passed} passed, {failed} failed{skipped}"
          f" in {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
