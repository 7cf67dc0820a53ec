#!/usr/bin/env python3
"""Counts the cases in a log of `meson test`: prints how many passed and how many failed.

A program of cmocka's is as many cases as it names, any other program is one. A program that
fails without naming a case (it crashed, or took too long) is one that failed.

    count.py build/tests-gcc/meson-logs/testlog.json
"""
import json
import re
import sys

PASSED = re.compile(r"^\[       OK \] \w+", re.MULTILINE)
FAILED = re.compile(r"^\[  FAILED  \] \w+$", re.MULTILINE)

passed = failed = 0
for line in open(sys.argv[1], encoding="utf-8"):
    program = json.loads(line)
    said = program.get("stdout", "") + program.get("stderr", "")
    good = len(set(PASSED.findall(said)))
    if program["result"] in ("OK", "EXPECTEDFAIL"):
        passed += max(good, 1)
    elif program["result"] != "SKIP":
        passed += good
        failed += max(len(set(FAILED.findall(said))), 1)
print(passed, failed)
