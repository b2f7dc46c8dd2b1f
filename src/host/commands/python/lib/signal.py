import os as _os


class Signals(int):
    _names = {}

    @property
    def name(self):
        return Signals._names.get(int(self), str(int(self)))

    @property
    def value(self):
        return int(self)

    def __repr__(self):
        return '<Signals.%s: %d>' % (self.name, int(self))

    def __str__(self):
        return str(int(self))


for _n, _v in dict(SIGHUP=1, SIGINT=2, SIGQUIT=3, SIGILL=4, SIGTRAP=5, SIGABRT=6, SIGBUS=7, SIGFPE=8, SIGKILL=9, SIGUSR1=10, SIGSEGV=11,
                   SIGUSR2=12, SIGPIPE=13, SIGALRM=14, SIGTERM=15, SIGCHLD=17, SIGCONT=18, SIGSTOP=19, SIGTSTP=20, SIGTTIN=21,
                   SIGTTOU=22, SIGURG=23, SIGXCPU=24, SIGWINCH=28, SIGIO=29).items():
    Signals._names[_v] = _n
    globals()[_n] = Signals(_v)
SIG_DFL = 0
SIG_IGN = 1
_handlers = {}


def default_int_handler(signum, frame):
    raise KeyboardInterrupt


def signal(signalnum, handler):
    before = _handlers.get(int(signalnum), default_int_handler if signalnum == 2 else SIG_DFL)
    _handlers[int(signalnum)] = handler
    return before


def getsignal(signalnum):
    return _handlers.get(int(signalnum), default_int_handler if signalnum == 2 else SIG_DFL)


def alarm(seconds):
    return 0


def pause():
    import time
    time.sleep(10 ** 6)


def raise_signal(signum):
    handler = _handlers.get(int(signum))
    if callable(handler):
        handler(int(signum), None)
    else:
        _os.kill(_os.getpid(), signum)


def siginterrupt(signalnum, flag):
    pass


def setitimer(which, seconds, interval=0.0):
    return (0.0, 0.0)
