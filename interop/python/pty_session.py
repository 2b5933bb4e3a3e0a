"""Types into a program on a terminal and looks at its screen, as somebody at the keyboard does.

Standard input: JSON, {command: [...], env: {...}, steps: [{title, send, until, expect, absent, interruptAfter}]}.
A step sends its text and waits until the screen ends with `until`; then every pattern of `expect` must be on what came
since, and none of `absent`. `interruptAfter`: Ctrl-C after so many seconds. Prints a line of JSON for each step:
{case, ok, error}; after a step that hung the rest is not tried.
"""

import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from fcntl import ioctl

LIMIT_S = 20
# So long nothing more must come before the screen counts as finished.
QUIET_S = 0.25
ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>()][0-9A-B]?|\x07")


class Terminal:
    def __init__(self, command, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, env)
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        self.raw = b""

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self, seconds):
        """True if something came."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self.fd, 65536)
        except OSError:
            # A terminal whose program is gone.
            raise EOFError from None
        if not chunk:
            raise EOFError
        # Programs ask where the cursor is, and wait for the answer.
        for _ in range(chunk.count(b"\x1b[6n")):
            os.write(self.fd, b"\x1b[1;1R")
        self.raw += chunk
        return True

    def screen(self):
        text = ESCAPES.sub("", self.raw.decode(errors="replace"))
        return text.replace("\r\n", "\n").replace("\r", "")

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def run(terminal, step):
    """What is wrong, or None."""
    terminal.raw = b""
    terminal.type(step["send"])
    until = re.compile(r"(?:%s)\s*\Z" % step["until"], re.M)
    now = time.monotonic()
    end = now + LIMIT_S
    interrupt = now + step["interruptAfter"] if "interruptAfter" in step else None
    while time.monotonic() < end:
        try:
            came = terminal.read(QUIET_S)
        except EOFError:
            raise TimeoutError("the program ended; the screen was:\n" + terminal.screen()) from None
        if interrupt is not None and time.monotonic() > interrupt:
            interrupt = None
            terminal.type("\x03")
        elif not came and interrupt is None and until.search(terminal.screen()):
            break
    else:
        raise TimeoutError("no end; the screen was:\n" + terminal.screen())
    screen = terminal.screen()
    for pattern in step.get("expect", []):
        if not re.search(pattern, screen, re.M):
            return "no %s on the screen:\n%s" % (pattern, screen)
    for pattern in step.get("absent", []):
        if re.search(pattern, screen, re.M):
            return "%s is on the screen:\n%s" % (pattern, screen)
    return None


def main():
    config = json.load(sys.stdin)
    terminal = Terminal(config["command"], {**os.environ, **config["env"], "TERM": "xterm"})
    try:
        for step in config["steps"]:
            try:
                error = run(terminal, step)
            except TimeoutError as stuck:
                print(json.dumps({"case": step["title"], "ok": False, "error": str(stuck)}), flush=True)
                return
            print(json.dumps({"case": step["title"], "ok": error is None, "error": error or ""}), flush=True)
    finally:
        terminal.close()


main()
