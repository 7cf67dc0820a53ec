"""How does Greenroom do beside other runtimes, program by program?

Each program of bench/savina/README.md that a peer has runs on Greenroom and on that peer, in turns
(A B C A B C), on one thread and on two; what counts is the better of the two. A peer is a folder in
bench/peers, as the README there says. One whose packages cannot be installed, or that cannot be
built, is left out, by name.
"""

import json
import math
import os
import statistics
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(ROOT, "bench", "peers")
BUILD = os.path.join(ROOT, "build", "peers")

MICRO = ("ping_pong", "counting", "fork_join_throughput", "fork_join_create", "thread_ring",
         "chameneos", "big")
CONCURRENCY = ("concurrent_dictionary", "concurrent_sorted_list", "bounded_buffer",
               "dining_philosophers", "sleeping_barber", "cigarette_smokers", "logistic_map",
               "bank_transaction")
BESIDE = ("skynet", "fan_in", "ask", "ask_many", "idle_actor", "waiting_task", "hop")
PROGRAMS = MICRO + CONCURRENCY + BESIDE
AT_LEAST = {"hop": 2}  # threads that a program cannot do without

PATIENCE = 90  # seconds for one program
HAS_NO_SUCH_PROGRAM = 3


class Runtime:
    """Greenroom or a peer: how to start a program of it."""

    def __init__(self, name, command):
        self.name = name
        self.command = command  # of a program's name

    def run(self, program, threads, options):
        """The rows of one program, run once; None where there is no such program."""
        command = self.command(program) + ["--samples", str(options.samples),
                                           "--loops", str(threads)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        if done.returncode == HAS_NO_SUCH_PROGRAM:
            return None
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no word"])[-1]
            raise OSError(f"{self.name}, {program}: ended with {done.returncode}: {last}")
        return [json.loads(line) for line in done.stdout.splitlines()]


def build_peer(name, need):
    """A peer's Runtime, installed and built; None where that fails."""
    folder, out = os.path.join(FOLDER, name), os.path.join(BUILD, name)
    with open(os.path.join(folder, "packages"), encoding="utf-8") as file:
        packages = file.read().split()
    if not need(packages):
        return None
    os.makedirs(out, exist_ok=True)
    done = subprocess.run([os.path.join(folder, "build"), out], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout)
        return None
    return Runtime(name, lambda program: [os.path.join(folder, "start"), out, program])


def all_runtimes(programs_folder, need, say):
    """Greenroom first, and each peer that can be had."""
    def own(program):
        path = os.path.join(programs_folder, program)
        return [path] if os.path.exists(path) else ["sh", "-c", f"exit {HAS_NO_SUCH_PROGRAM}"]

    runtimes = [Runtime("greenroom", own)]
    for name in sorted(os.listdir(FOLDER)):
        if not os.path.exists(os.path.join(FOLDER, name, "start")):
            continue
        say(f"building {name} ...")
        peer = build_peer(name, need)
        if peer is None:
            say(f"{name} is left out: it cannot be installed or built")
        else:
            runtimes.append(peer)
    return runtimes


def measure(runtimes, programs, options, say):
    """{(program, variant): {runtime: {threads: [a median for each turn]}}}, and the units."""
    found, units = {}, {}
    for turn in range(options.repeat):
        for program in programs:
            for runtime in runtimes:
                for threads in (1, 2):
                    if threads < AT_LEAST.get(program, 1):
                        continue
                    say(f"{turn + 1} of {options.repeat}, {program}, {runtime.name}, {threads}")
                    try:
                        rows = runtime.run(program, threads, options)
                    except (OSError, subprocess.TimeoutExpired, ValueError) as failed:
                        say(str(failed))
                        continue
                    for row in rows or []:
                        key = (program, row["variant"])
                        units[key] = row["unit"]
                        found.setdefault(key, {}).setdefault(runtime.name, {}) \
                            .setdefault(threads, []).append(row["median"])
    return found, units


def best(by_threads):
    """(median over the turns, threads): of one and of two threads, what was faster."""
    return min((statistics.median(turns), threads) for threads, turns in by_threads.items())


def rows_of(found, units):
    rows = []
    for key, by_runtime in found.items():
        program, variant = key
        values = {name: best(by_threads) for name, by_threads in by_runtime.items()}
        row = {"program": program, "variant": variant, "unit": units[key],
               "values": {name: {"value": value, "threads": threads,
                                 "turns": found[key][name][threads]}
                          for name, (value, threads) in values.items()}}
        others = [value for name, (value, _) in values.items() if name != "greenroom"]
        if "greenroom" in values and others:
            row["ahead"] = min(others) / values["greenroom"][0]
        rows.append(row)
    return rows


def geometric_mean(rows, programs):
    ratios = [row["ahead"] for row in rows if row["program"] in programs and "ahead" in row]
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else None


def cell(row, name):
    if name not in row["values"]:
        return "-"
    found = row["values"][name]
    least = min(value["value"] for value in row["values"].values())
    mark = "*" if found["value"] == least else " "
    return f"{found['value']:,.4g}/{found['threads']}{mark}"


def table(rows, names):
    """Lines of text: nanoseconds or bytes, the threads they were had on, * the best of its row."""
    width = max(len(row["program"] + " " + row["variant"]) for row in rows)
    lines = [f"{'':<{width}}  unit " + "".join(f"{name:>16}" for name in names) + "   ahead"]
    for row in rows:
        ahead = f"{row['ahead']:8.2f}" if "ahead" in row else ""
        lines.append(f"{(row['program'] + ' ' + row['variant']).strip():<{width}}  "
                     f"{row['unit']:<5}" + "".join(f"{cell(row, name):>16}" for name in names)
                     + ahead)
    mean = geometric_mean(rows, MICRO + CONCURRENCY)
    if mean is not None:
        lines.append(f"\nahead of the best peer, geometric mean of the micro and concurrency "
                     f"rows: {mean:.2f}")
    return "\n".join(lines)
