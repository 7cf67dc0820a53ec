#!/usr/bin/env python3
"""How does kv do beside redis-server, under redis-benchmark?

Both answer the same requests on this machine, in turns, and so does the load generator, on the
same cores: on a small machine it is often the load generator that limits the rate. What does not
depend on that is the processor time that a request costs the server.

    bench/kv.py build/release/examples/kv
    bench/kv.py -- redis-server --save ''      other redis-servers in kv's place
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time

TESTS = ("set", "get", "incr", "lpush", "rpush", "lpop", "hset", "mset")
REQUESTS = {1: 20000, 16: 160000}  # by pipeline depth: about a fifth of a second
WARM_UP = 5000
CONNECTIONS = 50
PATIENCE = 10  # seconds, to start and to end


class Failed(Exception):
    """A server or the load generator did not do what it should."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server on a port of its own, from start to end."""

    def __init__(self, name, command, loops=None):
        self.name = name
        self.port = free_port()
        environment = dict(os.environ)
        if loops is not None:
            environment["GREENROOM_LOOPS"] = str(loops)
        self.process = subprocess.Popen(command + ["--port", str(self.port)], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            self.wait_until_up()
        except BaseException:
            self.end()
            raise

    def wait_until_up(self):
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            if self.process.poll() is not None:
                raise Failed(f"{self.name} ended with {self.process.returncode}")
            try:
                if self.call("PING") == b"+PONG\r\n":
                    return
            except OSError:
                time.sleep(0.02)
        raise Failed(f"{self.name} does not answer")

    def call(self, line):
        """Send one inline command, and return a reply of one line."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(line.encode() + b"\r\n")
            return connection.makefile("rb").readline()

    def cpu_ns(self):
        """Processor time of all threads so far."""
        total = 0
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def load(server, test, pipeline, requests):
    """Run redis-benchmark once: (requests a second, processor microseconds a request)."""
    before = server.cpu_ns()
    done = subprocess.run(
        ["redis-benchmark", "-h", "127.0.0.1", "-p", str(server.port), "-c", str(CONNECTIONS),
         "-n", str(requests), "-P", str(pipeline), "-t", test, "--csv"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=60, check=False)
    cpu_us = (server.cpu_ns() - before) / 1000
    rates = re.findall(r'^"[^"]+","([0-9.]+)"', done.stdout, re.MULTILINE)
    if done.returncode != 0 or len(rates) != 1 or "Error from server" in done.stdout:
        raise Failed(f"redis-benchmark -t {test} against {server.name}: {done.stdout.strip()}")
    return float(rates[0]), cpu_us / requests


def run_in_turns(servers, repeat, say):
    """Every test, on every server in turn: {(server, pipeline, test): [(rate, cost), ...]}."""
    results = {}
    for server in servers:
        for test in TESTS:
            load(server, test, 1, WARM_UP)

    for turn in range(repeat):
        for server in servers:
            server.call("FLUSHALL")
        for pipeline, requests in REQUESTS.items():
            for test in TESTS:
                say(f"kv: {turn + 1} of {repeat}, -P {pipeline}, {test}")
                for server in servers:
                    result = load(server, test, pipeline, requests)
                    results.setdefault((server.name, pipeline, test), []).append(result)
    return results


def summarize(name, peer, pipeline, test, results):
    """A row: medians over the turns; ratios to the peer are taken within each turn."""
    own, other = results[name, pipeline, test], results[peer, pipeline, test]
    rates, costs = zip(*own)
    row = {
        "server": name, "pipeline": pipeline, "test": test,
        "requests_per_second": statistics.median(rates),
        "cpu_us_per_request": statistics.median(costs),
        "low": min(rates), "high": max(rates),
    }
    if name != peer:
        pairs = list(zip(own, other))
        row["rate_ratio"] = statistics.median(a[0] / b[0] for a, b in pairs)
        row["cpu_ratio"] = statistics.median(a[1] / b[1] for a, b in pairs)
    return row


def add_totals(results, repeat):
    """As another test, "all": the same number of requests of each, one after another."""
    for name, pipeline in {(name, pipeline) for name, pipeline, _ in results}:
        turns = [[results[name, pipeline, test][turn] for test in TESTS] for turn in range(repeat)]
        results[name, pipeline, "all"] = [
            (statistics.harmonic_mean([rate for rate, _ in turn]),
             statistics.mean([cost for _, cost in turn])) for turn in turns]


def measure(command, loops=(1, 2), repeat=2, say=lambda line: None):
    """Measure kv, started as `command`, beside redis-server; a list of rows."""
    servers = []
    try:
        servers.append(Server("redis-server", ["redis-server", "--save", "", "--appendonly", "no"]))
        for count in loops:
            name = f"kv, {count} loop" + ("s" if count > 1 else "")
            servers.append(Server(name, command, count))
        results = run_in_turns(servers, repeat, say)
    finally:
        for server in servers:
            server.end()

    add_totals(results, repeat)
    names = [server.name for server in servers]
    return [summarize(name, names[0], pipeline, test, results)
            for pipeline in REQUESTS for test in TESTS + ("all",) for name in names]


def table(rows):
    """The rows as text: a line a test, the servers side by side."""
    lines = []
    names = list(dict.fromkeys(row["server"] for row in rows))
    for pipeline in dict.fromkeys(row["pipeline"] for row in rows):
        head = "".join(f"{name:>20}" + " " * (0 if name == names[0] else 16) for name in names)
        lines += ["", f"redis-benchmark -P {pipeline:<4}" + head,
                  " " * 23 + "".join(f"{'req/s':>11}{'CPU us':>9}" +
                                     ("" if name == names[0] else f"{'x req/s':>9}{'x CPU':>7}")
                                     for name in names)]
        for test in dict.fromkeys(row["test"] for row in rows):
            cells = [row for row in rows if (row["pipeline"], row["test"]) == (pipeline, test)]
            lines.append(f"{test:<23}" + "".join(cell_text(row) for row in cells))
    return "\n".join(line.rstrip() for line in lines[1:])


def cell_text(row):
    text = f"{row['requests_per_second']:>11,.0f}{row['cpu_us_per_request']:>9.2f}"
    if "rate_ratio" in row:
        text += f"{row['rate_ratio']:>9.2f}{row['cpu_ratio']:>7.2f}"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kv", nargs="+", help="how to start kv")
    parser.add_argument("--repeat", type=int, default=2, metavar="K", help="turns (2)")
    parser.add_argument("--json", metavar="FILE", help="write the rows to FILE, too")
    options = parser.parse_args()
    try:
        rows = measure(options.kv, repeat=options.repeat,
                       say=lambda line: print(line, file=sys.stderr))
    except Failed as failed:
        sys.exit(str(failed))
    print(table(rows))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)


if __name__ == "__main__":
    main()
