import _child
import os

STDIN_FILENO = 0
STDOUT_FILENO = 1
STDERR_FILENO = 2
CHILD = 0


def spawn(argv, master_read=None, stdin_read=None):
    if isinstance(argv, str):
        argv = (argv,)
    _child.no_interrupts(1)
    try:
        child = _child.start(list(argv), None, None, None, None, None)
        _child.wait(child, None)
        return _child.status(child) << 8
    except FileNotFoundError:
        return 256
    finally:
        _child.no_interrupts(-1)


def fork():
    return (os.fork(), 3)


def openpty():
    return (3, 4)
