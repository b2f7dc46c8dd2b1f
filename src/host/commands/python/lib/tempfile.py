import os
import random as _random
import shutil as _shutil

tempdir = None


def gettempdir():
    return os.environ.get('TMPDIR', '/tmp')


def _name(prefix, suffix, dir):
    text = ''.join(_random.SystemRandom().choice('abcdefghijklmnopqrstuvwxyz0123456789_') for _ in range(8))
    return os.path.join(dir or gettempdir(), (prefix or 'tmp') + text + (suffix or ''))


def mktemp(suffix='', prefix='tmp', dir=None):
    return _name(prefix, suffix, dir)


def mkstemp(suffix=None, prefix=None, dir=None, text=False):
    path = _name(prefix, suffix, dir)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    os.chmod(path, 0o600)
    return fd, path


def mkdtemp(suffix=None, prefix=None, dir=None):
    path = _name(prefix, suffix, dir)
    os.mkdir(path, 0o700)
    return path


class TemporaryDirectory:
    def __init__(self, suffix=None, prefix=None, dir=None):
        self.name = mkdtemp(suffix, prefix, dir)

    def cleanup(self):
        _shutil.rmtree(self.name, True)

    def __enter__(self):
        return self.name

    def __exit__(self, *args):
        self.cleanup()


def NamedTemporaryFile(mode='w+b', buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None, delete=True):
    return open(_name(prefix, suffix, dir), mode)


TemporaryFile = NamedTemporaryFile
