"""Makes commands out of dice: of every kind, sound and unsound, on keys so few that they meet."""

import time


class Maker:
    """Throws the dice that it is given, so that a seed makes one stream."""

    def __init__(self, dice):
        self.dice = dice
        self.apart_last = 0
        binary = [bytes(dice.randrange(256) for _ in range(dice.randrange(0, 40)))
                  for _ in range(6)]
        self.keys = [b"k%d" % i for i in range(12)] + [b"k\r\n", b"k\0", b""] + binary[:4]
        self.lists = [b"list%d" % i for i in range(4)]
        self.hashes = [b"hash%d" % i for i in range(4)]
        self.large = [b"large0", b"large1"]
        self.fields = [b"f%d" % i for i in range(60)] + [b"f\r\n", b"\0", b""]
        self.values = [b"", b"v", b"10", b"-3", b"007", b" 1", b"1.5", b"9223372036854775807",
                       b"-9223372036854775808", b"hello world", b"\r\n$3\r\n", b"x" * 60] + binary

    def key(self, usual=None):
        """Picks a key; now and then one that holds another type."""
        roll = self.dice.random()
        if roll < 0.08:
            return self.dice.choice(self.keys + self.lists + self.hashes + self.large)
        return self.dice.choice(usual or self.keys)

    def value(self):
        if self.dice.random() < 0.02:
            return bytes([self.dice.randrange(256)]) * self.dice.choice([65, 1000, 20000, 70000])
        return self.dice.choice(self.values)

    def small(self):
        return self.dice.choice(self.values)

    def number(self):
        return self.dice.choice([b"0", b"1", b"-1", b"2", b"3", b"10", b"-5", b"100", b"abc", b"",
                                 b"01", b"+1", b"1 ", b"9223372036854775807",
                                 b"-9223372036854775808", b"9223372036854775808"])

    def seconds(self):
        """A time to live: none is so near that it may pass during a round."""
        return self.dice.choice([b"100", b"1000", b"86400", b"0", b"-1", b"abc", b"",
                                 b"9223372036854775807", b"-9223372036854775808",
                                 b"9223372036854775"])

    def apart(self):
        """A time to live that is far from all others, so that GT and LT hang on no moment."""
        self.apart_last += 10
        return self.dice.choice([b"0", b"-1", b"abc"] + [b"%d" % (2005 + self.apart_last)] * 7)

    def moment(self, scale):
        """A moment well ahead. One that passed leaves a key that DBSIZE may count for a while."""
        ahead = int(time.time()) + 1000
        return self.dice.choice([b"%d" % (ahead * scale), b"0", b"-1", b"x",
                                 b"9223372036854775807"])

    def word(self, *words):
        """One of the words, in any case."""
        word = self.dice.choice(words)
        return word if self.dice.random() < 0.5 else word.upper()

    def some(self, make, most=5):
        return [make() for _ in range(self.dice.randint(1, most))]

    def set_options(self):
        options = []
        for _ in range(self.dice.choice([0, 0, 1, 1, 2, 3])):
            option = self.word(b"nx", b"xx", b"keepttl", b"get", b"ex", b"px", b"exat", b"pxat",
                               b"bogus")
            options.append(option)
            scale = {b"exat": 1, b"pxat": 1000}.get(option.lower())
            if self.dice.random() < 0.93:
                if scale:
                    options.append(self.moment(scale))
                elif option.lower() == b"ex":
                    options.append(self.seconds())
                elif option.lower() == b"px":
                    options.append(self.dice.choice([b"100000", b"9999999", b"0", b"-1", b"z"]))
        return options

    def string(self):
        key, value = self.key, self.value
        return self.dice.choice([
            lambda: [b"set", key(), value()] + self.set_options(),
            lambda: [b"set", key(), value()],
            lambda: [b"get", key()],
            lambda: [b"get", key()],
            lambda: [b"getset", key(), value()],
            lambda: [b"getdel", key()],
            lambda: [b"setnx", key(), value()],
            lambda: [b"setex", key(), self.seconds(), value()],
            lambda: [b"psetex", key(), self.dice.choice([b"100000", b"0", b"-7", b"q"]), value()],
            lambda: [b"mget"] + self.some(key),
            lambda: [b"mset"] + [a for _ in range(self.dice.randint(1, 4)) for a in (key(), value())],
            lambda: [b"mset", key(), value(), key()],
            lambda: [b"append", key(), value()],
            lambda: [b"strlen", key()],
            lambda: [self.word(b"incr", b"decr"), key()],
            lambda: [self.word(b"incrby", b"decrby"), key(), self.number()],
        ])()

    def generic(self):
        key = lambda: self.key(self.keys + self.lists + self.hashes)
        return self.dice.choice([
            lambda: [self.word(b"del", b"unlink", b"exists")] + self.some(key),
            lambda: [b"expire", key(), self.seconds()],
            lambda: [b"expire", key(), self.seconds(), self.word(b"nx", b"xx", b"zz")],
            lambda: [b"expire", key(), self.apart(), self.word(b"gt", b"lt")],
            lambda: [b"expire", key(), self.apart(), self.word(b"nx", b"xx"),
                     self.word(b"gt", b"lt")],
            lambda: [b"pexpire", key(), self.dice.choice([b"100000", b"0", b"-1", b"w"])],
            lambda: [self.word(b"expireat"), key(), self.moment(1)],
            lambda: [self.word(b"pexpireat"), key(), self.moment(1000), self.word(b"nx", b"xx")],
            lambda: [self.word(b"pexpireat"), key(), self.dice.choice([b"0", b"-1"]), b"lt"],
            lambda: [self.word(b"ttl", b"pttl", b"persist", b"type"), key()],
            lambda: [self.word(b"expiretime", b"pexpiretime"), key()],
            lambda: [b"keys", self.pattern()],
            lambda: [b"dbsize"],
            lambda: [b"randomkey"],
        ])()

    def pattern(self):
        return self.dice.choice([b"*", b"k*", b"*1", b"k[0-5]", b"k[^0-5]", b"?", b"??", b"k\\1",
                                 b"[", b"k[", b"k[1", b"list[3-1]", b"\\", b"", b"h*h*[0-9]", b"**0",
                                 b"k\0", b"[\\k]1", b"hash?*", b"k[0-]", b"a-b"])

    def list(self):
        key = lambda: self.key(self.lists)
        push = lambda: [self.word(b"lpush", b"rpush"), key()] + self.some(self.value, 6)
        return self.dice.choice([
            push, push,
            lambda: [self.word(b"lpop", b"rpop"), key()],
            lambda: [self.word(b"lpop", b"rpop"), key(), self.dice.choice(
                [b"0", b"1", b"2", b"5", b"-1", b"x", b"9223372036854775807"])],
            lambda: [b"llen", key()],
            lambda: [b"lrange", key(), self.number(), self.number()],
            lambda: [b"lrange", key(), b"0", b"-1"],
        ])()

    def hash(self):
        key = lambda: self.key(self.hashes)
        field = lambda: self.dice.choice(self.fields)
        large = lambda: self.dice.choice(self.large)
        return self.dice.choice([
            lambda: [b"hset", key()] + [a for _ in range(self.dice.randint(1, 4))
                                        for a in (field(), self.small())],
            lambda: [b"hset", large()] + [a for _ in range(self.dice.randint(1, 40)) for a in
                                          (b"f%d" % self.dice.randrange(900), self.value())],
            lambda: [b"hmset", key(), field(), self.small(), field(), self.small()],
            lambda: [b"hset", key(), field(), self.small(), field()],
            lambda: [b"hmget", self.dice.choice([key, large])()] + self.some(field),
            lambda: [b"hexists", self.dice.choice([key, large])(), field()],
            lambda: [b"hget", self.dice.choice([key, large])(), field()],
            lambda: [b"hdel", self.dice.choice([key, large])()] + self.some(field),
            lambda: [b"hlen", self.dice.choice([key, large])()],
            lambda: [b"hgetall", key()],
            lambda: [b"hgetall", large()],
        ])()

    def server(self):
        return self.dice.choice([
            lambda: [b"ping"], lambda: [b"ping", self.small()], lambda: [b"ping", b"a", b"b"],
            lambda: [b"echo", self.value()],
            lambda: [b"select", self.dice.choice([b"0", b"99", b"-1", b"abc", b"00"])],
            lambda: [b"auth", b"secret"],
            lambda: [b"auth", self.dice.choice([b"default", b"nobody"]), b"secret"],
            lambda: [b"client", self.word(b"setname"), self.dice.choice([b"me", b"", b"a b", b"x\n"])],
            lambda: [b"client", self.word(b"getname")],
            lambda: [b"client", self.word(b"id", b"info", b"list")],
            lambda: [b"client", b"no-evict", self.word(b"on", b"off", b"so-so")],
            lambda: [b"client", self.small()],
            lambda: [b"client", b"getname", b"x"],
            lambda: [b"client"],
            lambda: [b"config", b"get", self.dice.choice([b"save", b"appendonly", b"nothing"])],
            lambda: [b"config", self.dice.choice([b"bogus", b"get"])],
            lambda: [b"command", b"bogus"],
            lambda: [b"command", b"count", b"x"],
            lambda: [b"hello"],
            lambda: [b"hello", self.dice.choice([b"1", b"4", b"x", b""])],
            lambda: [b"hello", b"2", b"bogus"],
            lambda: [b"hello", b"2", b"setname"],
            lambda: [b"info", b"keyspace"],
            lambda: [self.word(b"flushall", b"flushdb")],
            lambda: [b"flushall", self.dice.choice([b"async", b"sync", b"slowly"])],
        ])()

    def odd(self):
        """A command that does not exist, or one with too few or too many arguments."""
        names = [b"get", b"set", b"getset", b"getdel", b"setnx", b"setex", b"psetex", b"mget",
                 b"mset", b"del", b"unlink", b"exists", b"append", b"strlen", b"incr", b"incrby",
                 b"expire", b"ttl", b"persist", b"type", b"keys", b"scan", b"lpush", b"lpop",
                 b"llen", b"lrange", b"hset", b"hget", b"hdel", b"hlen", b"hgetall", b"echo",
                 b"dbsize", b"randomkey", b"publish", b"subscribe", b"auth", b"select", b"config",
                 b"bogus", b"x" * 200, b"new\r\nline", b"nul\0nul", b""]
        count = self.dice.choice([0, 0, 1, 1, 2, 3, 4, 7])
        made = [self.word(*names)] + [self.small() for _ in range(count)]
        if made[0].lower() in (b"subscribe",) and count > 0:
            return made[:1]
        if made[0].lower() == b"scan":
            return [made[0], self.dice.choice([b"x", b"1x", b" 1", b"9" * 21])] + made[2:]
        if made[0].lower() in (b"setex", b"psetex", b"expire") and b"10" in made[2:3]:
            return made[:2]  # or the key would go within the round
        if made[0].lower() == b"hset" and count == 7:
            return made[:1]
        return made

    def command(self):
        kinds = [self.string] * 9 + [self.list] * 4 + [self.hash] * 4 + [self.generic] * 4 + \
                [self.server] * 1 + [self.odd] * 1
        made = self.dice.choice(kinds)()
        if self.dice.random() < 0.1:
            made[0] = made[0].swapcase()
        return made
