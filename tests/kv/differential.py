#!/usr/bin/env python3
"""The key-value example answers every request as redis-server 7.0 does.

    redis-server --port 7001 --save '' --appendonly no --databases 1 &
    kv 7002 &
    differential.py --redis 7001 --kv 7002 --seed 1 --commands 100000

A seed makes one stream of rounds. Each round opens a connection to both servers, empties them,
sends the same bytes to both in the same pieces, and compares the replies one by one:

    round ──▶ bytes, cut at random ──┬──▶ redis-server ──▶ replies ─┬─▶ equal?
                                     └──▶ kv           ──▶ replies ─┘

What Redis leaves open is compared loosely, each command by its own rule in LOOSE: the order of
KEYS, the cursors of SCAN, which key RANDOMKEY picks, a time that ran on by a moment.

Prints "N commands, M replies compared, 0 differences". Where they differ, prints the seed and the
commands that led there, as few as are enough to show it, and exits with 1.
"""

import argparse
import random
import socket
import sys
import time

from maker import Maker
from shrink import shrink

PATIENCE = 10.0  # seconds that a server may take for a reply


class Difference(Exception):
    """The servers disagree; its text says about what."""


class Closed(Exception):
    """The server hung up."""


# --- Talking to a server ------------------------------------------------------------------------


class Peer:
    """One connection. Replies come as pairs (mark, value), so that types are compared too."""

    def __init__(self, name, port):
        self.name = name
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def close(self):
        self.socket.close()

    def more(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            raise Closed(self.name) from None
        except socket.timeout:
            raise Difference(f"{self.name} does not answer") from None
        if not data:
            raise Closed(self.name)
        self.pending += data

    def line(self):
        while b"\r\n" not in self.pending:
            self.more()
        line, self.pending = self.pending.split(b"\r\n", 1)
        return line

    def bytes(self, size):
        while len(self.pending) < size + 2:
            self.more()
        data, self.pending = self.pending[:size], self.pending[size + 2:]
        return data

    def reply(self):
        line = self.line()
        mark, rest = line[:1], line[1:]
        if mark in b"+-:,#_(":
            return (mark, rest)
        if mark in b"$=":
            return (mark, None if rest == b"-1" else self.bytes(int(rest)))
        if mark in b"*~>":
            return (mark, None if rest == b"-1" else [self.reply() for _ in range(int(rest))])
        if mark == b"%":
            return (mark, [(self.reply(), self.reply()) for _ in range(int(rest))])
        raise Difference(f"{self.name} sends what is no reply: {line!r}")


def send_both(peers, data, cuts):
    """Sends the same bytes to both, in the same pieces."""
    begin = 0
    for end in sorted(set(cuts)) + [len(data)]:
        for peer in peers:
            try:
                peer.socket.sendall(data[begin:end])
            except ConnectionError:
                pass  # it hung up, and what it said before is still to be read
        if end < len(data):
            time.sleep(0.0003)
        begin = end


def pack(arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        parts.append(b"$%d\r\n%s\r\n" % (len(argument), argument))
    return b"".join(parts)


def quote(arguments):
    """Writes a command as a line, each word in quotes."""
    words = []
    for argument in arguments:
        words.append(b'"' + b"".join(b"\\x%02x" % byte for byte in argument) + b'"')
    return b" ".join(words) + b"\r\n"


# --- Comparing ----------------------------------------------------------------------------------


def pairs(reply):
    mark, value = reply
    if mark == b"%" or value is None:
        return value
    return list(zip(value[0::2], value[1::2]))


def same_exactly(left, right):
    return left == right


def same_kind(left, right):
    return left[0] == right[0] and (left[0] != b"-" or left == right)


def same_unordered(left, right):
    if left[0] != right[0] or not isinstance(left[1], list) or not isinstance(right[1], list):
        return left == right
    return sorted(map(repr, left[1])) == sorted(map(repr, right[1]))


def same_pairs(left, right):
    if left[0] != right[0] or left[0] not in b"*%":
        return left == right
    return sorted(map(repr, pairs(left))) == sorted(map(repr, pairs(right)))


def about(margin):
    def same_number(left, right):
        if left[0] != b":" or right[0] != b":":
            return left == right
        a, b = int(left[1]), int(right[1])
        return a == b if min(a, b) < 0 else abs(a - b) <= margin
    return same_number


def same_greeting(left, right):
    if left[0] != right[0] or left[0] not in b"*%":
        return left == right
    varying = ((b"$", b"id"), (b"$", b"version"))
    return [p for p in pairs(left) if p[0] not in varying] == \
           [p for p in pairs(right) if p[0] not in varying]


def same_presence(left, right):
    return left[0] == right[0] and (left[1] is None) == (right[1] is None)


LOOSE = {
    b"keys": same_unordered,
    b"ttl": about(1),
    b"pttl": about(1500),
    b"expiretime": about(2),
    b"pexpiretime": about(1500),
    b"hello": same_greeting,
    b"randomkey": same_presence,
    b"info": same_kind,
}


def rule_for(arguments):
    name = arguments[0].lower() if arguments else b""
    if name == b"hgetall" and len(arguments) == 2 and arguments[1].startswith(b"large"):
        return same_pairs
    if name == b"client" and len(arguments) > 1 and arguments[1].lower() in (b"id", b"info", b"list"):
        return same_kind
    return LOOSE.get(name, same_exactly)


# --- Rounds -------------------------------------------------------------------------------------


class Run:
    """A run over one seed: the servers, the dice, and what was sent of late."""

    def __init__(self, options):
        self.options = options
        self.dice = random.Random(options.seed)
        self.commands = 0
        self.replies = 0
        self.recent = []

    def open(self):
        return [Peer("redis", self.options.redis), Peer("kv", self.options.kv)]

    def compare(self, peers, arguments):
        left, right = (peer.reply() for peer in peers)
        self.replies += 1
        if not rule_for(arguments)(left, right):
            raise Difference(f"to {shown(arguments)}\n  redis: {left!r:.1000}\n  kv:    {right!r:.1000}")

    def exchange(self, peers, batch, cuts=0, inline=False):
        """Sends a pipeline and compares its replies."""
        for arguments in batch:
            self.recent.append(arguments)
        self.commands += len(batch)

        pack_one = quote if inline else pack
        data = b"".join(pack_one(arguments) for arguments in batch)
        send_both(peers, data, [self.dice.randrange(len(data)) for _ in range(cuts)])
        for arguments in batch:
            self.compare(peers, arguments)

    def begin(self, protocol):
        peers = self.open()
        self.recent = []
        if protocol == 3:
            self.exchange(peers, [[b"hello", b"3"]])
        self.exchange(peers, [[b"flushall"]])
        return peers

    # A stream of everything, at any depth of pipeline and cut anywhere.
    def mixed(self, protocol):
        peers = self.begin(protocol)
        maker = Maker(self.dice)
        for _ in range(self.dice.randint(5, 30)):
            batch = [maker.command() for _ in range(self.dice.choice([1, 2, 5, 16, 40]))]
            self.exchange(peers, batch, cuts=self.dice.choice([0, 0, 0, 3, 20]))
        self.scan(peers, [])
        return peers

    def inline(self, protocol):
        peers = self.begin(protocol)
        maker = Maker(self.dice)
        batch = []
        while len(batch) < 20:
            made = maker.command()
            if made[0] and sum(map(len, made)) * 5 < 60000:
                batch.append(made)
        self.exchange(peers, batch, cuts=self.dice.choice([0, 10]), inline=True)
        for line, arguments in ((b"SET a b\r\n", [b"set"]), (b"  get   a \n", [b"get"]),
                                (b"\r\n\n*0\r\n*-1\r\nget 'it\\'s'\n", [b"get"]),
                                (b"set q \"\\n\\x41\\q\"\r\nget q\r\n", [b"set"]),
                                (b"get k'e y'\n", [b"get"])):
            send_both(peers, line, [self.dice.randrange(len(line))])
            self.compare(peers, arguments)
            if arguments == [b"set"] and b"get" in line:
                self.compare(peers, [b"get"])
        return peers

    # Keys that go within the round, looked at only well after.
    def expiry(self, protocol):
        peers = self.begin(protocol)
        maker = Maker(self.dice)
        batch = []
        for i in range(10):
            key, soon = b"k%d" % i, b"%d" % self.dice.randint(1, 60)
            batch += self.dice.choice([
                [[b"set", key, b"1", b"px", soon]],
                [[b"psetex", key, soon, b"1"]],
                [[b"set", key, b"1", self.dice.choice([b"exat", b"pxat"]), b"1"]],
                [[b"set", key, b"5"], [b"pexpire", key, soon]],
                [[b"rpush", key, b"1"], [b"pexpire", key, soon]],
                [[b"hset", key, b"1", b"2"], [b"pexpire", key, soon]],
                [[b"hset", key, b"1", b"2"], [b"pexpire", key, b"100000"]]])
        self.exchange(peers, batch)
        time.sleep(0.3)
        later = []
        for _ in range(60):
            made = maker.command()
            if made[0].lower() not in (b"dbsize", b"randomkey"):
                later.append(made)
        self.exchange(peers, later)
        self.exchange(peers, [[b"keys", b"*"]] + [[b"get", b"k%d" % i] for i in range(10)])
        return peers

    # A whole scan gives every key on both; which cursors lead there is the server's own affair.
    def scan(self, peers, options):
        found = []
        for peer in peers:
            cursor, names = b"0", set()
            for _ in range(100000):
                peer.socket.sendall(pack([b"scan", cursor] + options))
                mark, value = peer.reply()
                if mark == b"-":
                    names = value
                    break
                cursor = value[0][1]
                names.update(name for _, name in value[1][1])
                if cursor == b"0":
                    break
            found.append(names)
        self.commands += 1
        self.replies += 1
        if found[0] != found[1]:
            raise Difference(f"to a scan with {shown(options)}\n  redis: {found[0]!r:.1000}\n"
                             f"  kv:    {found[1]!r:.1000}")

    def scans(self, protocol):
        peers = self.begin(protocol)
        count = self.dice.choice([0, 1, 10, 1000])
        for i in range(count):
            self.exchange(peers, [[[b"set", b"k%d" % i, b"v"], [b"rpush", b"l%d" % i, b"v"],
                                   [b"hset", b"h%d" % i, b"f", b"v"]][i % 3]])
        for options in ([], [b"count", b"3"], [b"match", b"*[37]"], [b"type", b"list"],
                        [b"TYPE", b"HASH", b"Count", b"1000"], [b"match", b"k*", b"type", b"string"],
                        [b"count", b"0"], [b"count", b"x"], [b"count"], [b"type", b"nothing"],
                        [b"bogus", b"1"]):
            self.scan(peers, options)
        return peers

    # Bytes that are no request: the same error, and the same end.
    def broken(self, protocol):
        peers = self.begin(protocol)
        long = b"x" * 70000
        data = self.dice.choice([
            b"*abc\r\n", b"*\r\n", b"* 1\r\n", b"*01\r\n", b"*2147483648\r\n", b"*1\r\nfoo\r\n",
            b"*1\r\n:3\r\n", b"*1\r\n$abc\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$536870913\r\n",
            b"*1\r\n$\r\n", b"*2\r\n$3\r\nget\r\n\r\n\r\n", b"*1\r\n$03\r\nabc\r\n", b'get "a\r\n',
            b"get 'a\r\n", b'get "a"b\r\n', b"get 'a'b\r\n", b"*99999999999999999999\r\n",
            long, b"*" + b"1" * 70000, b"*1\r\n$" + b"1" * 70000])
        before = [[b"set", b"a", b"1"], [b"get", b"a"]][:self.dice.randint(0, 2)]
        self.recent.extend(before + [[data[:60]]])
        whole = b"".join(pack(arguments) for arguments in before) + data
        cuts = [] if len(data) > 1000 else [self.dice.randrange(len(whole)) for _ in range(5)]
        send_both(peers, whole, cuts)
        heard = [self.hear_out(peer) for peer in peers]
        self.commands += 1 + len(before)
        self.replies += min(map(len, heard))
        # A server that hangs up on bytes unread may take its last words with it.
        if heard[0] != heard[1] and not (len(data) > 1000 and [] in heard):
            raise Difference(f"to the bytes {whole!r:.200}\n  redis: {heard[0]!r}\n  kv:    {heard[1]!r}")
        return peers

    @staticmethod
    def hear_out(peer):
        heard = []
        try:
            while True:
                heard.append(peer.reply())
        except Closed:
            return heard

    def quit(self, protocol):
        peers = self.begin(protocol)
        batch = [[b"ping"], [b"quit"], [b"ping"]]
        self.recent.extend(batch)
        send_both(peers, b"".join(map(pack, batch)), [])
        heard = [self.hear_out(peer) for peer in peers]
        if heard[0] != heard[1]:
            raise Difference(f"to QUIT\n  redis: {heard[0]!r}\n  kv:    {heard[1]!r}")
        self.commands += 3
        self.replies += len(heard[0])
        return peers

    # One connection listens, another publishes.
    def messages(self, protocol):
        peers, others = self.begin(protocol), self.open()
        channels = [b"a", b"b", b"c\r\n", b""]
        held = set()
        for _ in range(self.dice.randint(1, 12)):
            roll = self.dice.random()
            channel = self.dice.choice(channels)
            if roll < 0.4:
                self.exchange(peers, [[b"subscribe", channel]])
                held.add(channel)
            elif roll < 0.55:
                self.exchange(peers, [[b"unsubscribe", channel]])
                held.discard(channel)
            elif roll < 0.7:
                self.exchange(peers, [self.dice.choice([[b"ping"], [b"get", b"x"], [b"ping", b"y"]])])
            else:
                self.exchange(others, [[b"publish", channel, b"message"]])
                if channel in held:
                    self.compare(peers, [b"(a message)"])
        for other in others:
            other.close()
        return peers

    def differs(self, commands):
        """Whether a new connection with just these commands shows a difference."""
        again, peers = Run(self.options), self.open()
        try:
            again.exchange(peers, [[b"flushall"]] + commands)
        except (Difference, Closed):
            return True
        finally:
            for peer in peers:
                peer.close()
        return False

    def round(self):
        kinds = [self.mixed] * 12 + [self.inline, self.expiry, self.scans] + [self.broken] * 3 + \
                [self.quit]
        if not self.options.no_messages:
            kinds += [self.messages] * 2
        kind = self.dice.choice(kinds)
        protocol = self.dice.choice([2, 3])
        try:
            peers = kind(protocol)
        except Closed as closed:
            raise Difference(f"{closed} hung up") from None
        except Difference as difference:
            raise Difference(f"in a round of {kind.__name__}, RESP{protocol}: {difference}") from None
        for peer in peers:
            peer.close()


def shown(arguments):
    return " ".join(repr(argument)[1:80] for argument in arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--redis", type=int, required=True, help="the port of redis-server")
    parser.add_argument("--kv", type=int, required=True, help="the port of kv")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--commands", type=int, default=100000)
    parser.add_argument("--context", type=int, default=60, help="how many commands to print")
    parser.add_argument("--no-messages", action="store_true", help="leave out PUBLISH and SUBSCRIBE")
    options = parser.parse_args()

    run = Run(options)
    try:
        while run.commands < options.commands:
            run.round()
    except ConnectionRefusedError:
        print("a server does not listen")
        return 1
    except Difference as difference:
        print(f"seed {options.seed}, after {run.commands} commands: they differ {difference}")
        commands = shrink(run.recent, run.differs)
        print("The last commands of the round:" if commands is None else "These are enough:")
        for arguments in commands or run.recent[-options.context:]:
            print("   ", shown(arguments))
        return 1
    print(f"{run.commands} commands, {run.replies} replies compared, 0 differences")
    return 0


if __name__ == "__main__":
    sys.exit(main())
