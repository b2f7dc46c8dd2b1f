import fnmatch as _fnmatch
import os as _os


class PurePath:
    def __new__(cls, *args):
        if cls is Path:
            cls = PosixPath
        elif cls is PurePath:
            cls = PurePosixPath
        return object.__new__(cls)

    def __init__(self, *args):
        text = ''
        for arg in args:
            part = _os.fspath(arg)
            if not isinstance(part, str):
                raise TypeError('argument should be a str object or an os.PathLike object returning str, not %r' % (type(part),))
            text = part if part.startswith('/') or not text else text + '/' + part
        root = '//' if text.startswith('//') and not text.startswith('///') else '/' if text.startswith('/') else ''
        names = [name for name in text.split('/') if name not in ('', '.')]
        self._root = root
        self._names = names
        self._text = root + '/'.join(names) or '.'

    def __str__(self):
        return self._text

    def __fspath__(self):
        return self._text

    def __bytes__(self):
        return _os.fsencode(self._text)

    def __repr__(self):
        return '%s(%r)' % (type(self).__name__, self._text)

    def __eq__(self, other):
        return isinstance(other, PurePath) and self._text == other._text

    def __hash__(self):
        return hash(self._text)

    def __lt__(self, other):
        return self.parts < other.parts

    def __le__(self, other):
        return self.parts <= other.parts

    def __gt__(self, other):
        return self.parts > other.parts

    def __ge__(self, other):
        return self.parts >= other.parts

    def __truediv__(self, other):
        if not isinstance(other, (str, PurePath)):
            return NotImplemented
        return type(self)(self, other)

    def __rtruediv__(self, other):
        return type(self)(other, self)

    def _of(self, text):
        return type(self)(text)

    @property
    def parts(self):
        return ((self._root,) if self._root else ()) + tuple(self._names)

    @property
    def root(self):
        return self._root

    @property
    def anchor(self):
        return self._root

    @property
    def drive(self):
        return ''

    @property
    def name(self):
        return self._names[-1] if self._names else ''

    @property
    def suffix(self):
        name = self.name
        at = name.rfind('.')
        return name[at:] if 0 < at < len(name) - 1 else ''

    @property
    def suffixes(self):
        name = self.name
        if name.endswith('.'):
            return []
        return ['.' + part for part in name.lstrip('.').split('.')[1:]]

    @property
    def stem(self):
        name = self.name
        return name[:len(name) - len(self.suffix)] if self.suffix else name

    @property
    def parent(self):
        if not self._names:
            return self
        return self._of(self._root + '/'.join(self._names[:-1]))

    @property
    def parents(self):
        found = []
        path = self
        while path.parent != path:
            path = path.parent
            found.append(path)
        return tuple(found)

    def joinpath(self, *others):
        return type(self)(self, *others)

    def with_name(self, name):
        if not self.name:
            raise ValueError('%r has an empty name' % (self,))
        return self.parent / name

    def with_suffix(self, suffix):
        if suffix and (not suffix.startswith('.') or suffix == '.'):
            raise ValueError('Invalid suffix %r' % (suffix,))
        if not self.name:
            raise ValueError('%r has an empty name' % (self,))
        return self.with_name(self.stem + suffix)

    def with_stem(self, stem):
        return self.with_name(stem + self.suffix)

    def as_posix(self):
        return self._text

    def as_uri(self):
        if not self.is_absolute():
            raise ValueError("relative path can't be expressed as a file URI")
        return 'file://' + self._text

    def is_absolute(self):
        return bool(self._root)

    def is_relative_to(self, *other):
        start = type(self)(*other).parts
        return self.parts[:len(start)] == start

    def relative_to(self, *other):
        base = type(self)(*other)
        if not self.is_relative_to(base):
            raise ValueError('%r is not in the subpath of %r OR one path is relative and the other is absolute.' % (str(self), str(base)))
        return self._of('/'.join(self.parts[len(base.parts):]))

    def match(self, pattern):
        wanted = type(self)(pattern)
        if wanted._root:
            if not self._root or len(wanted._names) != len(self._names):
                return False
        if len(wanted._names) > len(self._names):
            return False
        pairs = zip(reversed(self._names), reversed(wanted._names))
        return all(_fnmatch.fnmatchcase(name, part) for name, part in pairs)


class PurePosixPath(PurePath):
    pass


class Path(PurePath):
    @classmethod
    def cwd(cls):
        return cls(_os.getcwd())

    @classmethod
    def home(cls):
        return cls(_os.path.expanduser('~'))

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def stat(self, *, follow_symlinks=True):
        return _os.stat(self._text) if follow_symlinks else _os.lstat(self._text)

    def lstat(self):
        return _os.lstat(self._text)

    def exists(self):
        return _os.path.exists(self._text)

    def is_file(self):
        return _os.path.isfile(self._text)

    def is_dir(self):
        return _os.path.isdir(self._text)

    def is_symlink(self):
        return _os.path.islink(self._text)

    def is_mount(self):
        return _os.path.ismount(self._text)

    def samefile(self, other):
        return _os.path.samefile(self._text, _os.fspath(other))

    def iterdir(self):
        for name in _os.listdir(self._text):
            yield self / name

    def open(self, mode='r', buffering=-1, encoding=None, errors=None, newline=None):
        return open(self._text, mode, buffering, encoding, errors, newline)

    def read_text(self, encoding=None, errors=None):
        with open(self._text, encoding=encoding, errors=errors) as file:
            return file.read()

    def read_bytes(self):
        with open(self._text, 'rb') as file:
            return file.read()

    def write_text(self, data, encoding=None, errors=None, newline=None):
        if not isinstance(data, str):
            raise TypeError('data must be str, not %s' % type(data).__name__)
        with open(self._text, 'w', encoding=encoding, errors=errors, newline=newline) as file:
            return file.write(data)

    def write_bytes(self, data):
        with open(self._text, 'wb') as file:
            return file.write(data)

    def mkdir(self, mode=0o777, parents=False, exist_ok=False):
        try:
            _os.mkdir(self._text, mode)
        except FileNotFoundError:
            if not parents or self.parent == self:
                raise
            self.parent.mkdir(parents=True, exist_ok=True)
            self.mkdir(mode, parents=False, exist_ok=exist_ok)
        except OSError:
            if not exist_ok or not self.is_dir():
                raise

    def touch(self, mode=0o666, exist_ok=True):
        if self.exists():
            if not exist_ok:
                raise FileExistsError(17, 'File exists', self._text)
            _os.utime(self._text)
        else:
            open(self._text, 'a').close()

    def unlink(self, missing_ok=False):
        try:
            _os.unlink(self._text)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def rmdir(self):
        _os.rmdir(self._text)

    def rename(self, target):
        _os.rename(self._text, _os.fspath(target))
        return type(self)(target)

    def replace(self, target):
        _os.replace(self._text, _os.fspath(target))
        return type(self)(target)

    def chmod(self, mode, *, follow_symlinks=True):
        _os.chmod(self._text, mode)

    def symlink_to(self, target, target_is_directory=False):
        _os.symlink(_os.fspath(target), self._text)

    def hardlink_to(self, target):
        _os.link(_os.fspath(target), self._text)

    def readlink(self):
        return self._of(_os.readlink(self._text))

    def absolute(self):
        return self if self.is_absolute() else type(self)(_os.getcwd(), self)

    def resolve(self, strict=False):
        if strict:
            _os.stat(self._text)
        return self._of(_os.path.realpath(self._text))

    def expanduser(self):
        return self._of(_os.path.expanduser(self._text))

    def owner(self):
        import pwd
        return pwd.getpwuid(self.stat().st_uid).pw_name

    def group(self):
        import grp
        return grp.getgrgid(self.stat().st_gid).gr_name

    def glob(self, pattern):
        if not pattern:
            raise ValueError('Unacceptable pattern: %r' % (pattern,))
        yield from self._select([part for part in pattern.split('/') if part not in ('', '.')])

    def rglob(self, pattern):
        yield from self._select(['**'] + [part for part in pattern.split('/') if part not in ('', '.')])

    def _select(self, parts):
        if not parts:
            yield self
            return
        first, rest = parts[0], parts[1:]
        if first == '**':
            seen = set()
            for folder in self._folders():
                for found in folder._select(rest):
                    if found not in seen:
                        seen.add(found)
                        yield found
        elif any(sign in first for sign in '*?['):
            if self.is_dir():
                for child in self.iterdir():
                    if _fnmatch.fnmatchcase(child.name, first) and (not rest or child.is_dir()):
                        yield from child._select(rest)
        else:
            child = self / first
            if child.exists():
                yield from child._select(rest)

    def _folders(self):
        yield self
        try:
            children = list(self.iterdir())
        except OSError:
            return
        for child in children:
            if child.is_dir() and not child.is_symlink():
                yield from child._folders()


class PosixPath(Path, PurePosixPath):
    pass
