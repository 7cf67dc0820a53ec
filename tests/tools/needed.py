#!/usr/bin/env python3
"""Prints the files that the tests of some suites need built: needed.py BUILD SUITE..."""
import json
import os
import subprocess
import sys

build, *suites = sys.argv[1:]
told = subprocess.run(["meson", "introspect", build, "--tests", "--targets"],
                      stdout=subprocess.PIPE, check=True)
found = json.loads(told.stdout)
needed = {target for test in found["tests"] for target in test["depends"]
          if suites == [] or any(suite.split(":")[-1] in suites for suite in test["suite"])}
for target in found["targets"]:
    if target["id"] in needed:
        print(os.path.relpath(target["filename"][0], os.path.realpath(build)))
