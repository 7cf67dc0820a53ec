#!/usr/bin/env python3
"""bench/run takes what makes sense and says what does not, forgets no program, reckons rightly,
and gnuplot can draw it.

    bench_test.py [ROOT]
"""

import contextlib
import glob
import importlib.machinery
import importlib.util
import io
import os
import re
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "bench"))
import arguments  # noqa: E402
import peers  # noqa: E402
import plot  # noqa: E402


def load_run():
    """bench/run, as a module."""
    loader = importlib.machinery.SourceFileLoader("run", os.path.join(ROOT, "bench", "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


run = load_run()
HEADER = {"machine": "machine", "kernel": "6.1-x", "cores": 2, "date": "2026-01-01 00:00:00"}


def turn(median, unit="ns"):
    return {"variant": "", "unit": unit, "median": median, "low": median - 1, "high": median + 1,
            "operations": 1000, "cpu_seconds": 0.002, "peak_rss_bytes": 2**20}


class Arguments(unittest.TestCase):
    def refusal(self, *words):
        """What is said of these words, when the program ends for them."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as ended:
            arguments.parse("about", words)
        self.assertEqual(ended.exception.code, 2)
        return said.getvalue()

    def test_a_number_that_is_refused_is_named_with_its_option_and_its_limits(self):
        for option, most in (("--repeat", 1000), ("--samples", 1000), ("--loops", 256)):
            for value in ("0", "-3", str(most + 1), "x", "1.5", ""):
                said = self.refusal(option, value)
                self.assertIn(f"{option}: wants a number from 1 to {most}, not {value}", said)
            self.assertEqual(getattr(arguments.parse("", [option, str(most)]), option[2:]), most)

    def test_limits_are_those_of_the_programs(self):
        header = text_of("bench", "lib", "bench.h")
        self.assertIn(f"BENCH_SAMPLES_MAX {arguments.SAMPLES_MAX}\n", header)
        self.assertIn(f"BENCH_LOOPS_MAX {arguments.LOOPS_MAX}\n", header)

    def test_a_pattern_that_is_none_is_refused(self):
        self.assertIn("--only: wants a regular expression, not (ask:", self.refusal("--only", "(ask"))

    def test_a_file_that_cannot_be_written_is_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in (folder, os.path.join(folder, "no", "file")):
                self.assertIn(f"--json: cannot write to {path}: ", self.refusal("--json", path))

    def test_a_file_is_as_it_was_until_it_is_written(self):
        with tempfile.TemporaryDirectory() as folder:
            old, new = os.path.join(folder, "old"), os.path.join(folder, "new")
            with open(old, "w", encoding="utf-8") as file:
                file.write("results")
            arguments.parse("", ["--json", old])
            self.assertEqual(arguments.parse("", ["--json", new]).json, new)
            self.assertEqual(text_of(old), "results")
            self.assertFalse(os.path.exists(new))

    def test_a_file_that_cannot_be_written_in_the_end_is_told(self):
        options = arguments.parse("", ["--json", "/dev/null"])
        self.assertTrue(run.write_json(options, {}))
        options.json = "/dev/null/results"
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertFalse(run.write_json(options, {}))
        self.assertIn("cannot write to /dev/null/results", said.getvalue())


class Choice(unittest.TestCase):
    """One pattern means the same with the peers and without."""

    def chosen(self, pattern, *more):
        options = arguments.parse("", ["--only", pattern, *more])
        if "--peers" in more:
            return run.choose_for_peers(options)
        return [program.name for program in run.choose_programs(options)]

    def test_is_by_name_or_question_in_capitals_or_not(self):
        for pattern in ("FAN_in", "eight actors SEND to one"):
            self.assertEqual(self.chosen(pattern), ["fan_in"])
            self.assertEqual(self.chosen(pattern, "--peers"), ["fan_in"])

    def test_takes_one_of_several(self):
        self.assertEqual(self.chosen("^(big|thread_ring) "), ["thread_ring", "big"])

    def test_brings_floors_along(self):
        self.assertEqual(self.chosen("^hop"), ["cache_line", "hop"])
        self.assertEqual(self.chosen("^hop", "--peers"), ["hop"])

    def test_may_be_kv(self):
        for words, wanted in ([], True), (["--only", "KV"], True), (["--only", "^hop"], False), \
                (["--only", "kv", "--peers"], False):
            self.assertEqual(run.chooses_kv(arguments.parse("", words)), wanted, words)

    def test_of_the_readme_is_what_its_table_of_costs_shows(self):
        pattern = re.search(r"`bench/run .*--only '([^']+)'`", text_of("README.md")).group(1)
        chosen = self.chosen(pattern)
        for name in ("message_local", "ask", "ask_latency", "actor_life", "runner_life",
                     "message_remote", "hop", "idle_actor", "waiting_task", "waiting_callback",
                     "context_switch", "ring", "cache_line"):
            self.assertIn(name, chosen)
        self.assertTrue(run.chooses_kv(arguments.parse("", ["--only", pattern])))

    def test_without_a_pattern_is_all(self):
        options = arguments.parse("", [])
        self.assertEqual(len(run.choose_programs(options)), len(run.PROGRAMS))
        self.assertEqual(run.choose_for_peers(options), list(peers.PROGRAMS))


class Programs(unittest.TestCase):
    def test_are_those_that_are_built_and_that_there_are(self):
        named = sorted(f"{folder}/{name}.c" for folder, name in run.PROGRAMS)
        built = re.findall(r"'((?:floors|runtime|savina)/\w+\.c)'", text_of("bench", "meson.build"))
        self.assertEqual(named, sorted(built))
        self.assertEqual(named, sorted(
            os.path.relpath(path, os.path.join(ROOT, "bench"))
            for folder in ("floors", "runtime", "savina")
            for path in glob.glob(os.path.join(ROOT, "bench", folder, "*.c"))))

    def test_have_a_question_each(self):
        for folder, name in run.PROGRAMS:
            question = run.first_sentence("bench", folder, name + ".c")
            self.assertRegex(question, r"\?$" if folder == "runtime" else r"\w", name)

    def test_of_savina_are_defined(self):
        definitions = text_of("bench", "savina", "README.md")
        names = [name for folder, name in run.PROGRAMS if folder == "savina"]
        for name in names + list(peers.PROGRAMS):
            self.assertIn(f"\n| `{name}` |", definitions)

    def test_have_floors_that_are_measured(self):
        names = [name for _, name in run.PROGRAMS]
        for key, (_, floor) in run.FLOORS.items():
            self.assertIn(key.split(":")[0], names)
            if floor is not None and floor.split(":")[0] in names:
                self.assertIn(("floors", floor.split(":")[0]), run.PROGRAMS)


class Rows(unittest.TestCase):
    def row(self, loops=1, **more):
        return {"name": "bounded_buffer", "key": "bounded_buffer", "question": "How?", "variant": "",
                "loops": loops, **peers.summary([turn(60)]), **more}

    def test_stand_beside_the_floor_of_as_many_cores_as_they_have_loops(self):
        found = {"logarithms": [40], "logarithms: 2 cores": [20]}
        for loops, ratio in ((1, 1.5), (2, 3)):
            rows = [self.row(loops)]
            run.add_floors(rows, found)
            self.assertEqual(rows[0]["ratio"], ratio)

    def test_show_processor_time_and_memory(self):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            run.print_table([self.row(million_a_second=None), {"question": "Why?", "failure": ""}])
        head, row, failed, *_ = printed.getvalue().splitlines()
        for title, value in (("CPU s/M", "2"), ("MiB", "1")):
            self.assertEqual(row[:head.index(title) + len(title)].split()[-1], value)
        self.assertEqual(failed.split(), ["Why?", "failed"])


class Peers(unittest.TestCase):
    def test_counts_the_better_number_of_threads(self):
        row = peers.row_of("big", "", {"greenroom": {1: [turn(20)], 2: [turn(10), turn(12)]},
                                       "caf": {1: [turn(33)]}, "go": {1: [turn(44)]}}, {})
        own = row["values"]["greenroom"]
        self.assertEqual((own["value"], own["threads"], own["low"], own["high"]), (11, 2, 10, 12))
        self.assertEqual(own["cpu_seconds_per_million"], 2)
        self.assertEqual(row["loops"], 2)
        self.assertEqual((row["best_peer"], row["ahead"]), ("caf", 3))

    def test_does_not_count_what_failed(self):
        found = {"greenroom": {1: [turn(20)], 2: [turn(10)]}, "caf": {1: [turn(33)]}}
        row = peers.row_of("big", "", found, {("big", "greenroom", 2): "", ("big", "caf", 1): ""})
        self.assertEqual(row["values"]["greenroom"]["threads"], 1)
        self.assertEqual(row["failed"], ["caf"])
        self.assertNotIn("ahead", row)
        self.assertIn("failed", peers.table([row], ["greenroom", "caf"], {}))

    def test_has_a_row_where_nobody_could_run_a_program(self):
        rows = peers.rows_of({}, {("big", "caf", 1): "why"}, ["big", "hop"])
        self.assertEqual([(row["name"], row["failed"]) for row in rows], [("big", ["caf"])])

    def test_runs_a_floor_once_and_before_its_programs(self):
        own, other = peers.Runtime("greenroom", None), peers.Runtime("caf", None)
        jobs = peers.jobs_of_a_turn([own, other], ["ask", "hop"], None, {"ask": "f", "hop": "f"})
        self.assertEqual(jobs, [(own, "f", 1), (own, "ask", 1), (own, "ask", 2), (other, "ask", 1),
                                (other, "ask", 2), (own, "hop", 2), (other, "hop", 2)])

    def test_runs_a_floor_on_as_many_cores_as_its_programs(self):
        own = peers.Runtime("greenroom", None)
        jobs = peers.jobs_of_a_turn([own], ["ask"], 4, {"ask": "f"})
        self.assertEqual(jobs, [(own, "f", 4), (own, "ask", 4)])

    def test_means_are_by_kind_of_program(self):
        rows = [{"name": "big", "ahead": 2}, {"name": "counting", "ahead": 8},
                {"name": "logistic_map", "ahead": 4}, {"name": "hop", "ahead": 99}]
        for kind, mean in peers.means(rows).items():
            self.assertAlmostEqual(mean, 4, msg=kind)

    def test_only_times_have_a_rate(self):
        self.assertEqual(peers.million_a_second("ns", 10), 100)
        self.assertIsNone(peers.million_a_second("bytes", 10))


class Plot(unittest.TestCase):
    def test_labels_stand_apart_and_below_the_top(self):
        places = plot.apart([1, 5, 5.1, 5.2], 0.5, 5.5)
        for place, wanted in zip(places, [1, 4.5, 5, 5.5]):
            self.assertAlmostEqual(place, wanted)

    def test_says_that_a_folder_cannot_be_written(self):
        with self.assertRaisesRegex(plot.Failed, "cannot write to /dev/null/plots|gnuplot"):
            plot.prepare("/dev/null/plots", lambda packages: False)

    @unittest.skipUnless(shutil.which("gnuplot"), "there is no gnuplot")
    def test_gnuplot_draws_all(self):
        row = peers.row_of("big", "", {"greenroom": {1: [turn(20)]}, "caf": {1: [turn(33)]}}, {})
        ask = [dict(turn(10), name="ask_latency", variant="one loop, p" + name, value=value)
               for name, value in (("50", 20), ("99.9", 3000))]
        scaling = [{"key": "sieve", "speedup": {1: 1, 2: 1.8}}]
        with tempfile.TemporaryDirectory() as folder:
            paths = plot.draw_peers(folder, HEADER, [row], ["greenroom", "caf"])
            paths += plot.draw_latency(folder, HEADER, ask)
            paths += plot.draw_scaling(folder, HEADER, scaling)
            self.assertEqual(len(paths), 6)
            for path in paths:
                self.assertGreater(os.path.getsize(path), 1000, path)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
