"""What bench/run is asked for. What makes no sense is refused before anything is built or run."""

import argparse
import os
import re

# As bench/lib/bench.h has them, and the peers take no more.
SAMPLES_MAX = 1000
LOOPS_MAX = 256
TURNS_MAX = 1000


def number_to(most):
    """The type of an option that is a number from 1 on."""
    def read(text):
        if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"wants a number from 1 to {most}, not {text}")
        return int(text)
    return read


def pattern(text):
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise argparse.ArgumentTypeError(
            f"wants a regular expression, not {text}: {error}") from error


def writable(path):
    """The type of a file to write in the end; until then, what it holds stays."""
    is_new = not os.path.lexists(path)
    try:
        with open(path, "a", encoding="utf-8"):
            pass
        if is_new:
            os.remove(path)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot write to {path}: {error.strerror}") from error
    return path


def chosen(only, name, question):
    """Whether --only, or that there was none, lets a row with this name and question run."""
    return only is None or only.search(f"{name} {question}") is not None


def parse(about, arguments=None):
    parser = argparse.ArgumentParser(prog="bench/run", description=about, allow_abbrev=False)
    parser.add_argument("--only", type=pattern, metavar="PATTERN",
                        help="only what has this in its name or its question: a regular "
                             "expression, in capitals or not; kv is a name, too")
    parser.add_argument("--peers", action="store_true",
                        help="beside the runtimes of bench/peers, on one thread and on two")
    parser.add_argument("--json", type=writable, metavar="FILE",
                        help="write the results to FILE, too")
    parser.add_argument("--plot", metavar="FOLDER",
                        help="draw the results in FOLDER, too, as SVG and PNG; takes gnuplot")
    parser.add_argument("--repeat", type=number_to(TURNS_MAX), default=3, metavar="K",
                        help="turns (3)")
    parser.add_argument("--samples", type=number_to(SAMPLES_MAX), default=7, metavar="K",
                        help="samples in a turn (7)")
    parser.add_argument("--loops", type=number_to(LOOPS_MAX), metavar="N",
                        help="loops to run on; each row takes as many as it needs, at least; "
                             "with --peers, threads, in place of one and two")
    return parser.parse_args(arguments)
