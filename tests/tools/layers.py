#!/usr/bin/env python3
"""Layers point down: a file includes only what stands above it in meson.build.

The root meson.build names every file of the library in reading order. This reads that
order and the #include lines, and says which line breaks it. A file of runtime/ or actors/
that meson.build does not name breaks it too, for nobody would know where it stands.

    layers.py [ROOT]        prints nothing and ends with 0 when all is well
"""
import pathlib
import re
import sys

FOLDERS = ("runtime", "", "runtime/include", "actors/include")  # as the compiler is told
SOURCE = re.compile(r"'((?:runtime|actors)/[^']+\.[chS])'")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<(greenroom/[^>]+)>)')


def broken_includes(root, name, place):
    for number, line in enumerate((root / name).read_text().splitlines(), 1):
        if not (match := INCLUDE.match(line)):
            continue
        wanted = match[1] or match[2]
        paths = [(pathlib.PurePosixPath(folder) / wanted).as_posix() for folder in FOLDERS]
        found = next((path for path in paths if path in place), None)
        if found is None:
            yield f"{name}:{number}: {wanted} is not named in meson.build"
        elif place[found] >= place[name]:
            yield f"{name}:{number}: {found} stands below {name} in meson.build"


def broken(root):
    order = SOURCE.findall((root / "meson.build").read_text())
    place = {name: number for number, name in enumerate(order)}
    for file in sorted([*root.glob("runtime/**/*.[chS]"), *root.glob("actors/**/*.[chS]")]):
        name = file.relative_to(root).as_posix()
        if name in place:
            yield from broken_includes(root, name, place)
        else:
            yield f"{name}: is not named in meson.build"


default = pathlib.Path(__file__).resolve().parents[2]
lines = list(broken(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default))
print(*lines, sep="\n", end="\n" if lines else "")
sys.exit(1 if lines else 0)
