import os
from collections import namedtuple


class Error(OSError):
    pass


class SameFileError(Error):
    pass


def copyfileobj(fsrc, fdst, length=0):
    while True:
        buf = fsrc.read(65536)
        if not buf:
            break
        fdst.write(buf)


def copyfile(src, dst, *, follow_symlinks=True):
    if os.path.exists(dst) and os.path.samefile(src, dst):
        raise SameFileError("%r and %r are the same file" % (src, dst))
    with open(src, 'rb') as fsrc:
        with open(dst, 'wb') as fdst:
            copyfileobj(fsrc, fdst)
    return dst


def copymode(src, dst, *, follow_symlinks=True):
    os.chmod(dst, os.stat(src).st_mode & 0o7777)


def copystat(src, dst, *, follow_symlinks=True):
    copymode(src, dst)


def _into(src, dst):
    return os.path.join(dst, os.path.basename(src)) if os.path.isdir(dst) else dst


def copy(src, dst, *, follow_symlinks=True):
    dst = _into(src, dst)
    copyfile(src, dst)
    copymode(src, dst)
    return dst


copy2 = copy


def copytree(src, dst, symlinks=False, ignore=None, copy_function=copy2, ignore_dangling_symlinks=False, dirs_exist_ok=False):
    os.makedirs(dst, exist_ok=dirs_exist_ok)
    for name in os.listdir(src):
        a, b = os.path.join(src, name), os.path.join(dst, name)
        if os.path.isdir(a) and not os.path.islink(a):
            copytree(a, b, dirs_exist_ok=dirs_exist_ok)
        else:
            copy_function(a, b)
    return dst


def rmtree(path, ignore_errors=False, onerror=None):
    try:
        for name in os.listdir(path):
            full = os.path.join(path, name)
            if os.path.isdir(full) and not os.path.islink(full):
                rmtree(full, ignore_errors)
            else:
                os.unlink(full)
        os.rmdir(path)
    except OSError:
        if not ignore_errors:
            raise


def move(src, dst, copy_function=copy2):
    real = _into(src.rstrip('/'), dst)
    os.rename(src, real)
    return real


def which(cmd, mode=os.F_OK | os.X_OK, path=None):
    if os.path.dirname(cmd):
        return cmd if os.access(cmd, mode) and not os.path.isdir(cmd) else None
    for folder in (path or os.environ.get('PATH', os.defpath)).split(os.pathsep):
        full = os.path.join(folder, cmd)
        if os.path.exists(full) and os.access(full, mode) and not os.path.isdir(full):
            return full
    return None


_usage = namedtuple('usage', 'total used free')


def disk_usage(path):
    os.stat(path)
    import _child
    child = _child.start(['/bin/df', '-B1', '-P', path], b'', 'pipe', 'null', None, None)
    _child.wait(child, None)
    fields = _child.output(child)[0].decode().splitlines()[-1].split()
    return _usage(int(fields[1]), int(fields[2]), int(fields[3]))


def get_terminal_size(fallback=(80, 24)):
    try:
        return os.get_terminal_size()
    except OSError:
        return os.terminal_size(fallback)


def chown(path, user=None, group=None):
    os.chown(path, user if isinstance(user, int) else -1, group if isinstance(group, int) else -1)
