"""Types the keys of dialogues into a real program on a pty and keeps what it showed.

Needs Debian 12 and root; a dialogue names the files of its own folder, which is removed afterwards.
The keys are written by hand, `shown` is what the machine answered, one text for each entry of `keys`.

    python3 test/host/dialogues/record.py test/host/dialogues/editing.json [NAME or all]

Without a name it records those that have nothing shown yet. With ROOT=FOLDER in the environment it plays in that tree (debootstrap bookworm, with sudo, cron, nano and mariadb-server).
"""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import sys
import termios
import time

ROOT = os.environ.get("ROOT", "")
FOLDER = "/tmp/w"
ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "LOGNAME": "root",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SHELL": "/bin/bash",
    "TERM": "xterm",
    "USER": "root",
}


class Terminal:
    def __init__(self, columns, rows):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if ROOT:
                os.chroot(ROOT)
            os.chdir("/root")
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execve("/bin/bash", ["-bash", "--noprofile", "--norc"], ENVIRONMENT)
        self.resize(columns, rows)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, keys):
        os.write(self.fd, keys.encode())

    def until_quiet(self, seconds):
        """All that comes until nothing came for so long."""
        seen = b""
        while True:
            ready, _, _ = select.select([self.fd], [], [], seconds)
            if not ready:
                return seen.decode()
            try:
                part = os.read(self.fd, 65536)
            except OSError:
                return seen.decode()
            if not part:
                return seen.decode()
            seen += part

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def record(dialogue):
    columns, rows = dialogue.get("window", [80, 24])
    quiet = dialogue.get("quiet", 0.3)
    shutil.rmtree(ROOT + FOLDER, ignore_errors=True)
    os.mkdir(ROOT + FOLDER)
    terminal = Terminal(columns, rows)
    terminal.until_quiet(0.4)
    terminal.send(f"{dialogue['setup']}\r")
    terminal.until_quiet(dialogue.get("quiet", 0.6) if ROOT else 0.6)
    shown = []
    for keys in dialogue["keys"]:
        if isinstance(keys, list):
            terminal.resize(*keys)
        else:
            terminal.send(keys)
        shown.append(terminal.until_quiet(quiet))
    terminal.end()
    shutil.rmtree(ROOT + FOLDER, ignore_errors=True)
    return {**{name: value for name, value in dialogue.items() if name != "shown"}, "shown": shown}


def main(path, only=None):
    only = only or None
    with open(path, encoding="utf-8") as file:
        dialogues = json.load(file)
    kept = [record(one) if only == one["name"] or (only is None and "shown" not in one) or only == "all" else one for one in dialogues]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(kept, file, indent=1, ensure_ascii=True)
        file.write("\n")


main(*sys.argv[1:])
