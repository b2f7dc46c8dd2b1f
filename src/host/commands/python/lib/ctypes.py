class _Function:
    def __init__(self, name):
        self._name = name

    def __call__(self, *args):
        return 0


class CDLL:
    def __init__(self, name, *args, **kwargs):
        if name is not None and not str(name).startswith(('libc', '/lib')):
            raise OSError('%s: cannot open shared object file: No such file or directory' % name)
        self._name = name

    def __getattr__(self, name):
        return _Function(name)


class _Loader:
    def LoadLibrary(self, name):
        return CDLL(name)


cdll = _Loader()


class _Simple(int):
    pass


c_int = c_uint = c_long = c_ulong = c_ubyte = c_byte = c_short = c_size_t = c_void_p = c_uint32 = c_uint64 = c_int32 = c_int64 = c_uint8 = c_char = _Simple


def c_char_p(value=None):
    return value


def create_string_buffer(init, size=None):
    return bytearray(init if isinstance(init, bytes) else init)


def sizeof(kind):
    return 4


def byref(obj, offset=0):
    return obj


def get_errno():
    return 0
