#!/usr/bin/env python3
"""No operation takes more instructions than its budget says.

    budget.py OPERATIONS [NAME...]    OPERATIONS is the program of tests/budget; ends with 77
                                      where there is no valgrind

The program does an operation 10,000 times and, in a second run, 30,000 times, under callgrind,
which counts the instructions that it executes in user space. The difference, divided by 20,000,
is what one operation takes: start and end are in both runs and cancel out.

The figures are the same in each run, because nothing in them hangs on the machine. Callgrind
counts; it does not time, so neither load nor frequency nor cache matters. The program has one
thread, a fixed seed, and a clock that advances with each look, so a loop polls after the same
number of tasks however slow valgrind is. It begins with an empty environment. Nearly all that is
counted is Greenroom's own code. Of the C library, which chooses by the processor, it is memset()
in an actor's life; that and other releases of libuv have room in the 5 % of a budget.

What the figures do hang on is the compiler. So meson has this test only in a release build with
LTO, by gcc 12 for x86-64, and with the program itself built apart from the library: else what gcc
inlines for one operation would change with what the others call.

A budget is what was measured and 5 %, rounded up. To change one: run

    tests/run budget

read what the operation takes now, and write that and 5 % into BUDGETS. Who raises one says in
the commit what the instructions are spent on and what they buy; who makes an operation cheaper
lowers its budget, so that the gain is kept. A new operation needs a function in
tests/budget/operations.c and a row here.
"""
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUDGETS = {
    "send": 194,  # to an actor of the same loop, and its handling
    "ask": 529,  # the question, its handling, the reply, and the wait for it
    "spawn": 510,  # an actor's life, with one message
    "runner": 399,  # a runner's life: started, run, joined
    "switch": 104,  # gr_yield(), from one runner to the next of many
    "await": 323,  # a future made, awaited, settled by another runner, and taken
    "scope": 573,  # opened, a runner started in it and run, closed
    "cancel": 669,  # a runner in a scope, whose await ends when the scope is cancelled
    "all": 337,  # a future made, awaited with 999 others, settled, and taken
    "timer": 278,  # a message to be sent later, and cancelled
    "call": 233,  # a function to be called at a time, and cancelled
    "post": 121,  # to the own loop, and the call there
    "carried": 501,  # as send, with a value of its sender
    "handler_ask": 624,  # as ask, from a handler, where it must not close a circle
    "timed_ask": 895,  # as ask, with a deadline
    "lock": 46,  # a mutex that nobody else wants, and unlock
    "channel": 239,  # an item sent and received by one runner
    "monitor": 1340,  # as spawn, with a monitor, and the end told
    "link": 258,  # two actors of a loop linked, and unlinked
    "restart": 1709,  # as ask, of an actor that ends and is restarted by its supervisor
    "reentrant": 428,  # as send, to an actor whose handlers may interleave, and do not wait
    "bytes": 492,  # as send, to a mailbox that is bounded by its bytes
    "routed": 258,  # as send, by a router, round robin
    "priority": 515,  # as send, to a mailbox that is sorted
    "receive": 479,  # a message that a run has sent itself
    "receive_past": 479,  # the same, behind 100 that were looked at before
    "search": 674,  # the same, behind 10 that were not
    "process": 730,  # as send, between two runs that wait for it
}
MARGIN = 1.05
FEW, MANY = 10000, 30000
PATIENCE = 120  # seconds for one run


def instructions(program, name, count):
    """How many the whole program executes."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--vgdb=no",
             program, name, str(count)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={"PATH": os.environ.get("PATH", os.defpath)}, timeout=PATIENCE, check=False)
        total = re.search(r"^summary: (\d+)", out.read_text() if out.exists() else "",
                          re.MULTILINE)
    if done.returncode != 0 or total is None:
        sys.exit(f"{name}: ended with {done.returncode} under callgrind\n{done.stdout}")
    return int(total[1])


def keeps(program, name):
    """Measures an operation and prints its row; whether it keeps to its budget."""
    few, many = (instructions(program, name, count) for count in (FEW, MANY))
    found, budget = (many - few) / (MANY - FEW), BUDGETS[name]
    fitting = math.ceil(found * MARGIN)
    verdict = "ok" if found <= budget else f"TOO MANY: {found / budget - 1:.1%} above its budget"
    if fitting < budget / MARGIN:
        verdict = f"ok, and {fitting} would be budget enough"
    print(f"{name:10} {found:10.1f} {budget:10}   {verdict}", flush=True)
    return found <= budget


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if shutil.which("valgrind") is None:
        print("There is no valgrind, so instructions cannot be counted: skipped.")
        sys.exit(77)

    program = os.path.abspath(sys.argv[1])
    known = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True,
                           timeout=PATIENCE).stdout.split()
    if set(known) != set(BUDGETS):
        sys.exit(f"operations and budgets differ: {set(known) ^ set(BUDGETS)}")

    print(f"{'operation':10} {'instr.':>10} {'budget':>10}")
    kept = [keeps(program, name) for name in sys.argv[2:] or BUDGETS]
    sys.exit(0 if all(kept) else 1)


main()
