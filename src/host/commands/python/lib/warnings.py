import sys as _sys

_silent = []


def warn(message, category=None, stacklevel=1, source=None):
    if _silent:
        return
    name = (category or UserWarning).__name__ if not isinstance(message, Warning) else type(message).__name__
    _sys.stderr.write('%s:%d: %s: %s\n' % (_sys._caller(), 1, name, message))


def filterwarnings(action, *args, **kwargs):
    if action == 'ignore':
        _silent.append(True)


simplefilter = filterwarnings


def resetwarnings():
    _silent.clear()


class catch_warnings:
    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return []

    def __exit__(self, *args):
        pass
