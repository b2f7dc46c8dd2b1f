import sys as _sys


def register(func, *args, **kwargs):
    _sys._at_exit(lambda: func(*args, **kwargs))
    return func


def unregister(func):
    pass
