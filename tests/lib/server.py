"""Starting and ending one of the examples that are servers, as those who run them do."""

import os
import re
import subprocess

PATIENCE = 60  # seconds for any one thing to happen


def start(program, loops):
    """Starts it on a port of its own choice, which it prints."""
    server = subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT,
                              env=dict(os.environ, GREENROOM_LOOPS=str(loops)))
    line = server.stdout.readline()
    port = re.search(r"port (\d+)", line)
    if port is None:
        raise SystemExit(f"{program} did not start: {line}{server.stdout.read()}")
    return server, port.group(1)


def end(server, by):
    """Ends it by a signal. It must say nothing more, and succeed."""
    server.send_signal(by)
    said, _ = server.communicate(timeout=PATIENCE)
    if server.returncode != 0 or said:
        raise SystemExit(f"{server.args[0]} ended with {server.returncode} and said: {said}")
