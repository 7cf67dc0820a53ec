#!/usr/bin/env python3
"""The hiredis example asks a real redis-server, and says what is wrong where it cannot.

    with_redis.py PROGRAM

The server has a socket in a folder of its own, and ends with this script.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds for one program to do its part


def start_redis(path):
    """Starts the server, and returns when it says that it accepts connections."""
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no"],
        stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if "ready to accept connections" in line.lower():
            return server
    raise SystemExit("redis-server did not start")


def ask(program, path, *words):
    done = subprocess.run([program, path, *words], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


def expect(found, wanted):
    if found != wanted:
        raise SystemExit(f"{found!r}, not {wanted!r}")


def answers(program, path):
    expect(ask(program, path, "set", "greeting", "hello"), (0, "ping: PONG\nset: OK\n", ""))
    expect(ask(program, path, "get", "greeting"), (0, "ping: PONG\nget: hello\n", ""))
    expect(ask(program, path, "incr", "visits"), (0, "ping: PONG\nincr: 1\n", ""))
    expect(ask(program, path, "get", "nothing"), (0, "ping: PONG\nget: \n", ""))
    expect(ask(program, path, "no-such"), (1, "ping: PONG\n", "Protocol error\n"))
    large = "x" * 60000
    expect(ask(program, path, "set", "large", large), (0, "ping: PONG\nset: OK\n", ""))
    expect(ask(program, path, "get", "large"), (0, f"ping: PONG\nget: {large}\n", ""))


def hears_of_the_end(program, path, server):
    """The server goes while an answer is awaited."""
    asking = subprocess.Popen([program, path, "blpop", "nothing", "0"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    for _ in range(PATIENCE * 10):
        clients = subprocess.run(["redis-cli", "-s", path, "info", "clients"], text=True,
                                 capture_output=True, check=True, timeout=PATIENCE).stdout
        if "blocked_clients:1" in clients:
            break
        time.sleep(0.1)  # nothing tells when a client has come to wait
    server.kill()
    said, complaint = asking.communicate(timeout=PATIENCE)
    expect((asking.returncode, said, complaint),
           (1, "ping: PONG\n", "Connection reset by peer\n"))


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "redis.sock")
        expect(ask(program, path, "ping"), (1, "", "Connection refused\n"))
        server = start_redis(path)
        try:
            answers(program, path)
            hears_of_the_end(program, path, server)
        finally:
            server.kill()
            server.wait()


main()
