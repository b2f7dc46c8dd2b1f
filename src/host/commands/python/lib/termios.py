TCSANOW = 0
TCSADRAIN = 1
TCSAFLUSH = 2
ECHO = 8
ICANON = 2
ISIG = 1
TIOCGWINSZ = 21523


class error(Exception):
    pass


def tcgetattr(fd):
    import os
    if not os.isatty(fd if isinstance(fd, int) else fd.fileno()):
        raise error(25, 'Inappropriate ioctl for device')
    return [0, 0, 0, 0, 0, 0, []]


def tcsetattr(fd, when, attributes):
    pass
