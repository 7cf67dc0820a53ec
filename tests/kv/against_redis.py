#!/usr/bin/env python3
"""The key-value example stands its ground against Redis' own programs.

    against_redis.py KV differential [COMMANDS]        every reply as redis-server gives it
    against_redis.py KV load                           redis-cli answers while redis-benchmark runs
    against_redis.py KV news                           redis-cli hears what another one publishes
    against_redis.py KV end                            Ctrl-C ends it with status 0 and no complaint

KV is the program. Servers run on free ports of 127.0.0.1, and end with this script.
"""

import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).parents[1] / "lib"))
import server as examples  # noqa: E402

PATIENCE = 60  # seconds for one program to do its part
TESTS = "set,get,incr,lpush,rpush,lpop,hset,mset"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def start_redis():
    port = free_port()
    server = subprocess.Popen(["redis-server", "--port", port, "--save", "", "--appendonly", "no",
                               "--databases", "1"], stdout=subprocess.DEVNULL)
    for _ in range(PATIENCE * 10):
        if cli(port, "ping", check=False) == "PONG":
            return server, port
        time.sleep(0.1)  # there is nothing to wait on: it says nothing when it is ready
    raise SystemExit("redis-server did not start")


def cli(port, *words, check=True):
    done = subprocess.run(["redis-cli", "-p", port, *words], capture_output=True, text=True,
                          timeout=PATIENCE, check=check)
    return done.stdout.strip()


def expect(found, wanted, what):
    if found != wanted:
        raise SystemExit(f"{what}: {found!r}, not {wanted!r}")


def differential(program, commands):
    script = pathlib.Path(__file__).with_name("differential.py")
    redis, redis_port = start_redis()
    try:
        for loops in (1, 2, 4):
            kv, kv_port = examples.start(program, loops)
            subprocess.run([sys.executable, script, "--redis", redis_port, "--kv", kv_port,
                            "--seed", str(loops), "--commands", str(commands)],
                           check=True, timeout=4 * PATIENCE)
            examples.end(kv, signal.SIGINT)
    finally:
        redis.terminate()
        redis.wait()


def load(program):
    kv, port = examples.start(program, 2)
    bench = subprocess.Popen(["redis-benchmark", "-p", port, "-c", "50", "-n", "200000", "-t",
                              TESTS, "-P", "16", "--csv"], stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT)
    answers = 0
    while bench.poll() is None:
        expect(cli(port, "set", "greeting", str(answers)), "OK", "SET under load")
        expect(cli(port, "get", "greeting"), str(answers), "GET under load")
        answers += 1
    said = bench.stdout.read()
    expect(bench.returncode, 0, "redis-benchmark's status")
    expect(len(re.findall(r'^"[A-Z]+', said, re.MULTILINE)), 8, f"tests done in {said}")
    expect("rror" in said, False, f"an error in {said}")
    examples.end(kv, signal.SIGINT)
    print(f"redis-cli was answered {2 * answers} times meanwhile")


def news(program):
    kv, port = examples.start(program, 2)
    readers = [subprocess.Popen(["redis-cli", "-p", port, "subscribe", "news"],
                                stdout=subprocess.PIPE, text=True) for _ in range(8)]
    for reader in readers:
        heard = [reader.stdout.readline().strip() for _ in range(3)]
        expect(heard, ["subscribe", "news", "1"], "the confirmation")
    expect(cli(port, "publish", "news", "hello"), "8", "how many heard it")
    for reader in readers:
        heard = [reader.stdout.readline().strip() for _ in range(3)]
        expect(heard, ["message", "news", "hello"], "what they heard")
        reader.terminate()
        reader.wait()
    examples.end(kv, signal.SIGINT)


def end(program):
    for loops in (1, 2):
        kv, port = examples.start(program, loops)
        expect(cli(port, "echo", "hello"), "hello", "ECHO")
        began = time.monotonic()
        examples.end(kv, signal.SIGINT)
        if time.monotonic() - began > 5:
            raise SystemExit("it took more than five seconds to end")


def main():
    program, what = sys.argv[1], sys.argv[2]
    if what == "differential":
        differential(program, int(sys.argv[3]) if len(sys.argv) > 3 else 8000)
    else:
        {"load": load, "news": news, "end": end}[what](program)


if __name__ == "__main__":
    main()
