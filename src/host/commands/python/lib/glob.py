import os
import fnmatch


def _has(pattern):
    return any(c in pattern for c in '*?[')


def iglob(pathname, *, root_dir=None, dir_fd=None, recursive=False, include_hidden=False):
    return iter(glob(pathname, recursive=recursive))


def glob(pathname, *, root_dir=None, dir_fd=None, recursive=False, include_hidden=False):
    if not _has(pathname):
        return [pathname] if os.path.lexists(pathname) else []
    folder, base = os.path.split(pathname)
    folders = glob(folder, recursive=recursive) if folder and _has(folder) else [folder]
    result = []
    for one in folders:
        if recursive and base == '**':
            for top, dirs, files in os.walk(one or '.'):
                result += [os.path.join(top, name) for name in dirs + files]
            continue
        if not _has(base):
            if os.path.lexists(os.path.join(one, base)):
                result.append(os.path.join(one, base))
            continue
        try:
            names = os.listdir(one or '.')
        except OSError:
            continue
        result += [os.path.join(one, name) for name in fnmatch.filter(names, base) if base.startswith('.') or not name.startswith('.')]
    return result


def escape(pathname):
    return ''.join('[' + c + ']' if c in '*?[' else c for c in pathname)
