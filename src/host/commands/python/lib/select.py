import time as _time

error = OSError
POLLIN = 1
POLLOUT = 4
EPOLLIN = 1


def select(rlist, wlist, xlist, timeout=None):
    _time.sleep(0.05 if timeout is None else min(timeout, 0.05))
    return (list(rlist), list(wlist), [])
