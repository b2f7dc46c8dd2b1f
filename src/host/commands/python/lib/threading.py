"""Threads that run when they are started, to their end: the interpreter has one."""
from time import monotonic as _time, sleep as _sleep

_count = 0
_threads = []


class _Lock:
    def __init__(self):
        self._held = 0

    def acquire(self, blocking=True, timeout=-1):
        self._held += 1
        return True

    def release(self):
        if not self._held:
            raise RuntimeError('release unlocked lock')
        self._held -= 1

    def locked(self):
        return self._held > 0

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *args):
        self.release()


def Lock():
    return _Lock()


def RLock():
    return _Lock()


class Condition(_Lock):
    def __init__(self, lock=None):
        _Lock.__init__(self)

    def wait(self, timeout=None):
        return True

    def wait_for(self, predicate, timeout=None):
        return predicate()

    def notify(self, n=1):
        pass

    def notify_all(self):
        pass


class Semaphore(_Lock):
    def __init__(self, value=1):
        _Lock.__init__(self)

    def release(self, n=1):
        self._held -= n


class BoundedSemaphore(Semaphore):
    pass


class Event:
    def __init__(self):
        self._flag = False

    def is_set(self):
        return self._flag

    isSet = is_set

    def set(self):
        self._flag = True

    def clear(self):
        self._flag = False

    def wait(self, timeout=None):
        if not self._flag:
            _sleep(60 * 60 if timeout is None else timeout)
        return self._flag


class Thread:
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        global _count
        _count += 1
        self._target = target
        self._args = args
        self._kwargs = kwargs or {}
        self.name = name or 'Thread-%d%s' % (_count, ' (%s)' % getattr(target, '__name__', '') if target else '')
        self.daemon = bool(daemon)
        self.ident = None
        self._started = False

    def run(self):
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def start(self):
        if self._started:
            raise RuntimeError('threads can only be started once')
        self._started = True
        self.ident = 140000000000000 + _count * 4096
        previous = _threads[:]
        _threads.append(self)
        try:
            self.run()
        except SystemExit:
            pass
        except Exception:
            import sys
            import traceback
            sys.stderr.write('Exception in thread %s:\n' % self.name)
            traceback.print_exc()
        finally:
            _threads[:] = previous

    def join(self, timeout=None):
        if not self._started:
            raise RuntimeError('cannot join thread before it is started')

    def is_alive(self):
        return False

    def getName(self):
        return self.name

    def setName(self, name):
        self.name = name

    def setDaemon(self, daemon):
        self.daemon = daemon

    def isDaemon(self):
        return self.daemon

    def __repr__(self):
        return '<Thread(%s, stopped %s)>' % (self.name, self.ident)


class Timer(Thread):
    def __init__(self, interval, function, args=None, kwargs=None):
        Thread.__init__(self)
        self.interval = interval
        self.function = function
        self.args = args or []
        self.kwargs = kwargs or {}

    def cancel(self):
        self.function = None

    def run(self):
        _sleep(self.interval)
        if self.function:
            self.function(*self.args, **self.kwargs)


class local:
    pass


_main = Thread(name='MainThread')
_count = 0


def current_thread():
    return _threads[-1] if _threads else _main


currentThread = current_thread


def main_thread():
    return _main


def active_count():
    return 1 + len(_threads)


activeCount = active_count


def enumerate():
    return [_main] + _threads[:]


def get_ident():
    return 140000000000000


get_native_id = get_ident
