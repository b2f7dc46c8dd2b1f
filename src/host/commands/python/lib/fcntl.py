F_GETFL = 3
F_SETFL = 4
F_GETFD = 1
F_SETFD = 2
LOCK_SH = 1
LOCK_EX = 2
LOCK_NB = 4
LOCK_UN = 8


def fcntl(fd, cmd, arg=0):
    return 0


def ioctl(fd, request, arg=0, mutate_flag=True):
    return arg if isinstance(arg, bytes) else 0


def flock(fd, operation):
    pass


def lockf(fd, cmd, *args):
    pass
