"""Runs a command in a pseudo-terminal and copies what it writes to stdout, for tests of views that need a terminal.
Standard input is read to its end first, and typed ahead.

Usage: pseudo_terminal.py COLUMNS ROWS COMMAND [ARGUMENT...]; ends with the command's exit code (128 + n for signal n).
"""

import fcntl
import os
import pty
import signal
import struct
import sys
import termios


def main() -> int:
    columns, rows = int(sys.argv[1]), int(sys.argv[2])
    child, terminal = pty.fork()
    if child == 0:
        # The size must be there before the command looks at it; our own end may set it too late.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execvp(sys.argv[3], sys.argv[3:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    os.write(terminal, sys.stdin.buffer.read())
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says EIO when the last process on the other side has gone.
            break
        if not data:
            break
        os.write(1, data)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
