"""How does Greenroom do beside other runtimes, program by program?

Each program of bench/savina/README.md that a peer has runs on Greenroom and on that peer, in turns
(A B C A B C), on one thread and on two; what counts is the better of the two. A peer is a folder in
bench/peers, as the README there says. One whose packages cannot be installed, or that cannot be
built, is left out, by name. Where the machine sets a floor, that is measured in each turn, too.
"""

import json
import math
import os
import statistics
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(ROOT, "bench", "peers")
BUILD = os.path.join(ROOT, "build", "peers")

OWN = "greenroom"
MICRO = ("ping_pong", "counting", "fork_join_throughput", "fork_join_create", "thread_ring",
         "chameneos", "big")
CONCURRENCY = ("concurrent_dictionary", "concurrent_sorted_list", "bounded_buffer",
               "dining_philosophers", "sleeping_barber", "cigarette_smokers", "logistic_map",
               "bank_transaction")
BESIDE = ("skynet", "fan_in", "ask", "ask_many", "idle_actor", "waiting_task",
          "waiting_callback", "hop")
PROGRAMS = MICRO + CONCURRENCY + BESIDE
MEANS = {"micro": MICRO, "concurrency": CONCURRENCY, "both": MICRO + CONCURRENCY}
THREADS = (1, 2)
AT_LEAST = {"hop": 2}  # threads that a program cannot do without
PEERS_RUN = {"waiting_callback": "waiting_task"}  # what waits without a stack of its own

PATIENCE = 90  # seconds for one program
HAS_NO_SUCH_PROGRAM = 3


def run_program(command):
    """Run a benchmark program, but not for ever.

    A small process starts it, because the peak of memory that the kernel tells of begins with what
    the parent had: Python's would hide that of most programs.
    """
    return subprocess.run(["timeout", "--foreground", "-s", "KILL", str(PATIENCE)] + command,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)


def why_failed(done):
    """In a few words, why a program that run_program() has run went wrong."""
    if done.returncode in (124, 137):
        return f"killed, maybe because it took longer than {PATIENCE} s"
    last = (done.stderr.strip().splitlines() or ["no word"])[-1]
    return f"ended with {done.returncode}: {last}"


class Runtime:
    """Greenroom or a peer: how to start a program of it."""

    def __init__(self, name, command):
        self.name = name
        self.command = command  # of a program's name

    def run(self, program, threads, samples):
        """The rows of one program, run once; none where there is no such program."""
        done = run_program(self.command(program)
                           + ["--samples", str(samples), "--loops", str(threads)])
        if done.returncode == HAS_NO_SUCH_PROGRAM:
            return []
        if done.returncode != 0:
            raise OSError(why_failed(done))
        return [json.loads(line) for line in done.stdout.splitlines()]


def build_peer(name, need, say):
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
        say(done.stdout.rstrip())
        return None
    return Runtime(name, lambda program: [os.path.join(folder, "start"), out,
                                          PEERS_RUN.get(program, program)])


def all_runtimes(programs_folder, need, say):
    """Greenroom first, and each peer that can be had; and the names of those that cannot."""
    def own(program):
        path = os.path.join(programs_folder, program)
        return [path] if os.path.exists(path) else ["sh", "-c", f"exit {HAS_NO_SUCH_PROGRAM}"]

    runtimes, left_out = [Runtime(OWN, own)], []
    for name in sorted(os.listdir(FOLDER)):
        if not os.path.exists(os.path.join(FOLDER, name, "start")):
            continue
        say(f"building {name} ...")
        peer = build_peer(name, need, say)
        if peer is None:
            say(f"{name} is left out: it cannot be installed or built")
            left_out.append(name)
        else:
            runtimes.append(peer)
    return runtimes, left_out


def jobs_of_a_turn(runtimes, programs, loops, floors):
    """[(runtime, program, threads)]: each program on all runtimes, its floor just before."""
    jobs = []
    for program in programs:
        floor = (runtimes[0], floors.get(program), loops or 1)
        if program in floors and floor not in jobs:
            jobs.append(floor)
        threads = (loops,) if loops else THREADS
        threads = sorted({max(number, AT_LEAST.get(program, 1)) for number in threads})
        jobs += [(runtime, program, number) for runtime in runtimes for number in threads]
    return jobs


def measure(runtimes, programs, floors, options, say):
    """Run all in turns; what has failed once is not tried again.

    `floors` are programs, by the program that they stand beside. Returns the rows, turn by turn:
    {(program, variant): {runtime: {threads: [row]}}}, and {(program, runtime, threads): why it
    failed}.
    """
    found, failures = {}, {}
    jobs = jobs_of_a_turn(runtimes, programs, options.loops, floors) * options.repeat
    for number, (runtime, program, threads) in enumerate(jobs, 1):
        job = (program, runtime.name, threads)
        say(f"{number} of {len(jobs)}: {program}, {runtime.name}, {threads}")
        if job in failures:
            continue
        try:
            rows = runtime.run(program, threads, options.samples)
        except (OSError, ValueError) as failed:
            say(f"{program}, {runtime.name}, {threads}: {failed}")
            failures[job] = str(failed)
            continue
        for row in rows:
            found.setdefault((program, row["variant"]), {}).setdefault(runtime.name, {}) \
                .setdefault(threads, []).append(row)
    return found, failures


def summary(same):
    """What a row's turns come to: the spread is that of the turns, or of a single one's samples."""
    medians = [row["median"] for row in same]
    alone = len(same) == 1
    operations = sum(row["operations"] for row in same)
    cpu_seconds = sum(row["cpu_seconds"] for row in same)
    return {
        "unit": same[0]["unit"],
        "value": statistics.median(medians),
        "low": same[0]["low"] if alone else min(medians),
        "high": same[0]["high"] if alone else max(medians),
        "turns": medians,
        "operations": operations,
        "cpu_seconds": cpu_seconds,
        "cpu_seconds_per_million": 1e6 * cpu_seconds / max(operations, 1),
        "peak_rss_bytes": max(row["peak_rss_bytes"] for row in same),
    }


def million_a_second(unit, value):
    """Operations; None where the value is no time."""
    return 1000 / value if unit == "ns" and value > 0 else None


def value_of(by_threads):
    """A runtime's better number of threads, and beside it all that were measured."""
    summaries = {threads: summary(rows) for threads, rows in by_threads.items()}
    threads = min(summaries, key=lambda number: summaries[number]["value"])
    return dict(summaries[threads], threads=threads, by_threads=summaries)


def row_of(program, variant, by_runtime, failures):
    failed = {name for failed, name, _ in failures if failed == program}
    values = {}
    for name, by_threads in by_runtime.items():
        sound = {threads: rows for threads, rows in by_threads.items()
                 if (program, name, threads) not in failures}
        if sound:
            values[name] = value_of(sound)
    row = {"name": program, "variant": variant, "values": values,
           "key": program + (": " + variant if variant else ""),
           "unit": next(iter(values.values()))["unit"] if values else "",
           "failed": sorted(failed - set(values))}
    for value in values.values():
        value["million_a_second"] = million_a_second(row["unit"], value["value"])
    add_ahead(row)
    return row


def add_ahead(row):
    values = row["values"]
    others = [name for name in values if name != OWN]
    row["best_peer"] = min(others, key=lambda name: values[name]["value"], default=None)
    if OWN in values:
        row["turns"] = values[OWN]["turns"]
        row["loops"] = values[OWN]["threads"]
    if OWN in values and others:
        own, other = values[OWN]["value"], values[row["best_peer"]]["value"]
        if min(own, other) > 0:
            row["ahead"] = other / own


def rows_of(found, failures, programs):
    """A row for each row of these programs, also where nobody could run it."""
    rows = []
    for program in programs:
        variants = [variant for name, variant in found if name == program]
        if not variants and any(name == program for name, _, _ in failures):
            variants = [""]
        rows += [row_of(program, variant, found.get((program, variant), {}), failures)
                 for variant in variants]
    return rows


def geometric_mean(rows, programs):
    ratios = [row["ahead"] for row in rows if row["name"] in programs and "ahead" in row]
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else None


def means(rows):
    """How far ahead of the best peer Greenroom is, by kind of program."""
    found = {kind: geometric_mean(rows, programs) for kind, programs in MEANS.items()}
    return {kind: mean for kind, mean in found.items() if mean is not None}


def figure(value):
    """Three digits, without an exponent."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.1g}"


def time_cell(row, name):
    """Such as "10.6/1*   3%": on one thread, the best of its row, spread over 3 % of itself."""
    if name not in row["values"]:
        return f"{'failed' if name in row['failed'] else '-':>11}" + " " * 6
    found = row["values"][name]
    least = min(value["value"] for value in row["values"].values())
    mark = "*" if found["value"] == least else " "
    spread = (found["high"] - found["low"]) / found["value"] if found["value"] > 0 else 0
    return f"{figure(found['value']) + '/' + str(found['threads']) + mark:>12}{spread:>5.0%}"


def ratio(row, name):
    return f"{row[name]:8.2f}" if name in row else " " * 8


def labels_of(rows):
    """What stands on a row's left; a variant stands on a line of its own, below its program."""
    labels, before = [], None
    for row in rows:
        name = "" if row["name"] == before else row["name"]
        if row["variant"]:
            name += ("\n" if name else "") + "  " + row["variant"]
        labels.append(name)
        before = row["name"]
    return labels


def lines_of(rows, cells):
    """A line for each row, from its label and the text of its cells."""
    labels = labels_of(rows)
    width = max(len(line) for label in labels for line in label.split("\n"))
    lines = []
    for label, text in zip([""] + labels, cells):
        *above, last = label.split("\n")
        lines += above + [f"{last:<{width}}  {text}".rstrip()]
    return lines


def time_table(rows, names):
    cells = ["unit " + "".join(f"{name:>11}" + " " * 6 for name in names) + "   ahead x floor"]
    cells += [f"{row['unit']:<5}" + "".join(time_cell(row, name) for name in names)
              + ratio(row, "ahead") + ratio(row, "ratio") for row in rows]
    return lines_of(rows, cells)


def cost_table(rows, names):
    """Operations a second, processor time and memory."""
    def column(row, name, read):
        value = row["values"].get(name)
        return f"{figure(read(value)) if value else '':>10}"

    def cells_of(row):
        rate = lambda value: value["million_a_second"]  # noqa: E731
        cpu = lambda value: value["cpu_seconds_per_million"]  # noqa: E731
        memory = lambda value: value["peak_rss_bytes"] / 2**20  # noqa: E731
        return (column(row, OWN, rate) + column(row, row["best_peer"], rate) + " "
                + "".join(column(row, name, cpu) for name in names) + " "
                + "".join(column(row, name, memory) for name in names))

    width = 10 * len(names)
    every = "".join(f"{name:>10}" for name in names)
    above = f"{'million ops/s':>20} {'CPU seconds a million':>{width}} {'peak MiB':>{width}}"
    head = f"{OWN:>10}{'best peer':>10} {every} {every}"
    first, *rest = lines_of(rows, [head] + [cells_of(row) for row in rows])
    return [" " * (len(first) - len(head)) + above, first] + rest


def table(rows, names, failures):
    """Both tables as text, and what sums them up."""
    lines = time_table(rows, names) + [
        "",
        "ns an operation or bytes each / the threads they were had on, * the best of its row, and "
        "the spread over the turns.",
        "ahead: the best peer over Greenroom; x floor: Greenroom over the least that the machine "
        "takes. Their",
        "product is how far that peer is from it."]
    found = means(rows)
    if found:
        lines += ["ahead, geometric mean: " + ", ".join(f"{kind} {mean:.2f}"
                                                        for kind, mean in found.items())]
    lines += [""] + cost_table(rows, names)
    if failures:
        lines += [""] + [f"failed: {program}, {name}, {threads}: {why}"
                         for (program, name, threads), why in failures.items()]
    return "\n".join(lines)
