#!/usr/bin/env python3
"""The chat example keeps what it promises to its clients, on one loop, on two and on three.

    talk.py CHAT rooms      fifty clients in five rooms read each line once, all in the same order
    talk.py CHAT slow       one that does not read slows nobody, and is dropped
    talk.py CHAT errors     what cannot be is answered by an error, and the talk goes on
    talk.py CHAT commands   joining, leaving, who is in, and nicks
    talk.py CHAT end        SIGTERM: what was said arrives, goodbye is said, and nothing is complained of

CHAT is the program. It runs on a free port of 127.0.0.1, and ends with this script.
"""

import pathlib
import selectors
import signal
import socket
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "lib"))
import server as examples  # noqa: E402

PATIENCE = 60  # seconds for any one thing to happen


def expect(found, wanted, what):
    if found != wanted:
        raise SystemExit(f"{what}: {found!r}, not {wanted!r}")


class Client:
    """One who talks, and waits for what others say."""

    def __init__(self, port, nick=None, room=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.lines = self.socket.makefile("r", newline="\n")
        self.welcome = self.read()
        if nick:
            self.say(f"/nick {nick}")
            expect(self.read(), f"* you are {nick}", "the nick")
        if room:
            self.say(f"/join {room}")
            expect(self.read(), f"* joined {room}", "joining")

    def say(self, *lines):
        self.socket.sendall("".join(f"{line}\n" for line in lines).encode())

    def read(self):
        line = self.lines.readline()
        return line[:-1] if line.endswith("\n") else None

    def read_until(self, wanted):
        """All lines before the one that is wanted."""
        lines = []
        while (line := self.read()) != wanted:
            if line is None:
                raise SystemExit(f"the end came before {wanted!r}, after {lines[-3:]!r}")
            lines.append(line)
        return lines

    def close(self):
        self.lines.close()
        self.socket.close()


def said(lines):
    """What members said, without what the server tells of them."""
    return [line for line in lines if line.startswith("<")]


def rooms(port):
    clients = [Client(port, f"c{i}", f"room{i % 5}") for i in range(50)]
    for round_ in range(20):
        for i, client in enumerate(clients):
            client.say(f"line {round_} of {i}")
    heard = [[] for _ in clients]
    for i, client in enumerate(clients):
        while len(heard[i]) < 10 * 20:
            heard[i] += said([client.read()])
        for other in range(i % 5, 50, 5):
            expect([line for line in heard[i] if line.startswith(f"<c{other}> ")],
                   [f"<c{other}> line {round_} of {other}" for round_ in range(20)],
                   f"what {i} read of {other}")
        expect(heard[i], heard[i % 5], f"the order in which {i} read it")
    for client in clients:  # and that there is no more of it
        client.say("/leave")
        expect(said(client.read_until("* left")), [], "what was read twice")
        client.close()


def drain(watching, until):
    """Reads from all of them at once until each has had so many bytes."""
    had = {client: 0 for client in watching}
    with selectors.DefaultSelector() as selector:
        for client in watching:
            selector.register(client.socket, selectors.EVENT_READ, client)
        while min(had.values()) < until:
            ready = selector.select(PATIENCE)
            if not ready:
                raise SystemExit(f"nothing more came, after {had.values()} of {until} bytes")
            for key, _ in ready:
                had[key.data] += len(key.fileobj.recv(1 << 20))


def slow(port):
    lazy = Client(port, "lazy", "room")
    speaker = Client(port, "speaker", "room")
    others = [Client(port, f"other{i}", "room") for i in range(3)]
    line = "x" * 500
    size = len(f"<speaker> {line}\n")
    for _ in range(40):  # 20 MB: more than what the system and the server hold for one
        speaker.say(*[line] * 1000)
        drain([speaker, *others], 1000 * size)
    speaker.say("/who", "/leave")
    *_, who = speaker.read_until("* left")
    expect("lazy" in who, False, f"whether who does not read is still in: {who}")
    for client in [speaker, *others, lazy]:
        client.close()


def errors(port):
    client = Client(port)
    for line, answer in [
            ("hello", "error: you are in no room; /join one"),
            ("/who", "error: you are in no room; /join one"),
            ("/leave", "error: you are in no room; /join one"),
            ("/join", "error: a room is called by 1 to 24 letters, digits, - and _"),
            ("/join a b", "error: a room is called by 1 to 24 letters, digits, - and _"),
            ("/join " + "r" * 25, "error: a room is called by 1 to 24 letters, digits, - and _"),
            ("/nick", "error: a nick is 1 to 24 letters, digits, - and _"),
            ("/nick <b>", "error: a nick is 1 to 24 letters, digits, - and _"),
            ("/quit now", "error: there is no /quit; there are /join /leave /who /nick"),
            ("/" + "q" * 100, "error: there is no /" + "q" * 31 +
             "; there are /join /leave /who /nick"),
            ("a\0b", "error: a line is text"),
            ("a\x1b[2Jb", "error: a line is text"),
            ("x" * 513, "error: a line has 512 bytes at most"),
            ("x" * 100000, "error: a line has 512 bytes at most"),
            ("/join room\r", "* joined room")]:
        client.say(line)
        expect(client.read(), answer, f"the answer to {line[:40]!r}")
    client.say("", "x" * 512, "\thello, w\u00f6rld")
    nick = client.welcome.split()[2][:-1]
    expect(client.read(), f"<{nick}> " + "x" * 512, "the longest line")
    expect(client.read(), f"<{nick}> \thello, w\u00f6rld", "what is text")
    client.close()


def commands(port):
    anna, ben = Client(port, "anna", "garden"), Client(port, "ben")
    ben.say("/nick anna")
    expect(ben.read(), "error: anna is taken", "a nick that somebody has")
    ben.say("/join garden")
    expect(ben.read(), "* joined garden", "joining")
    expect(anna.read(), "* ben came", "what others are told")
    anna.say("/who")
    expect(anna.read(), "* in garden: anna ben", "who is in")
    ben.say("/nick benjamin", "hello")
    for client, lines in [(anna, ["* ben is now benjamin", "<benjamin> hello"]),
                          (ben, ["* you are benjamin", "* ben is now benjamin",
                                 "<benjamin> hello"])]:
        expect([client.read() for _ in lines], lines, "a new nick")
    ben.say("/nick benjamin", "/join cellar")
    expect([ben.read() for _ in range(3)],
           ["* you are benjamin", "* benjamin is now benjamin", "* joined cellar"], "moving on")
    expect([anna.read() for _ in range(2)], ["* benjamin is now benjamin", "* benjamin left"],
           "what others are told of it")
    carl = Client(port, "ben", "cellar")  # the nick is free
    expect(ben.read(), "* ben came", "who has come")
    carl.close()
    expect(ben.read(), "* ben left", "who has gone without a word")
    for _ in range(50):  # rooms come and go
        ben.say("/leave", "/join attic")
        expect([ben.read(), ben.read()], ["* left", "* joined attic"], "in and out")
    anna.close()
    ben.close()


def end(program, loops):
    server, port = examples.start(program, loops)
    clients = [Client(port, f"c{i}", f"room{i % 3}") for i in range(20)]
    outside = Client(port)
    for i, client in enumerate(clients):
        client.say(f"last words of {i}")
    for i, client in enumerate(clients):
        client.read_until(f"<c{i}> last words of {i}")
    clients[0].say("the very last")  # which the server may not have read yet
    examples.end(server, signal.SIGTERM)
    for i, client in enumerate([*clients, outside]):
        lines = said(client.read_until("* goodbye: the server stops"))
        if i == 0:
            expect(lines[-1], "<c0> the very last", "what was said before the end")
        expect(client.read(), None, "what comes after goodbye")
        client.close()


def main():
    program, what = sys.argv[1], sys.argv[2]
    for loops in (1, 2, 3):
        if what == "end":
            end(program, loops)
            continue
        server, port = examples.start(program, loops)
        {"rooms": rooms, "slow": slow, "errors": errors, "commands": commands}[what](port)
        examples.end(server, signal.SIGTERM)


if __name__ == "__main__":
    main()
