RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS = range(10)
RLIM_INFINITY = -1
RUSAGE_SELF = 0
RUSAGE_CHILDREN = -1
_limits = {7: (1024, 1048576), 3: (8388608, -1), 4: (0, -1)}
error = OSError


def getrlimit(which):
    return _limits.get(which, (-1, -1))


def setrlimit(which, limits):
    _limits[which] = tuple(limits)


def getpagesize():
    return 4096
