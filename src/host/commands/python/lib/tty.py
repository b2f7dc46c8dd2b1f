def setraw(fd, when=2):
    pass


def setcbreak(fd, when=2):
    pass
