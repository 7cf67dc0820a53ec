#!/usr/bin/env python3
"""What bench/run makes of the rows that it was given is right, and gnuplot can draw it.

    bench_test.py [ROOT]
"""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "bench"))
import peers  # noqa: E402
import plot  # noqa: E402

HEADER = {"machine": "machine", "kernel": "6.1-x", "cores": 2, "date": "2026-01-01 00:00:00"}


def turn(median, unit="ns"):
    return {"variant": "", "unit": unit, "median": median, "low": median - 1, "high": median + 1,
            "operations": 1000, "cpu_seconds": 0.002, "peak_rss_bytes": 2**20}


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
