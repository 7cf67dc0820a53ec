"""Finds fewer commands that still show what many did."""

import time

PATIENCE = 60.0  # seconds to spend on it


def shrink(commands, shows):
    """Leaves out runs of commands, long ones first, as long as the rest still shows it.

    Returns None if not even all of them show it, played again from the start.
    """
    if not shows(commands):
        return None
    end = time.monotonic() + PATIENCE
    size = max(len(commands) // 2, 1)
    while size > 0:
        begin = 0
        while begin < len(commands) and time.monotonic() < end:
            fewer = commands[:begin] + commands[begin + size:]
            if fewer and shows(fewer):
                commands = fewer
            else:
                begin += size
        size //= 2
    return commands
