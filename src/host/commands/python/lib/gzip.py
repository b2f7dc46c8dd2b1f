import zlib
import io


class BadGzipFile(OSError):
    pass


def compress(data, compresslevel=9, *, mtime=None):
    return zlib.compress(data, compresslevel, 31)


def decompress(data):
    if data[:2] != b'\x1f\x8b':
        raise BadGzipFile('Not a gzipped file (%r)' % data[:2])
    return zlib.decompress(data, 31)


class GzipFile:
    def __init__(self, filename=None, mode='rb', compresslevel=9, fileobj=None, mtime=None):
        self.mode = mode or 'rb'
        self._file = fileobj or io.open(filename, self.mode.replace('t', '').replace('b', '') + 'b')
        self._level = compresslevel
        self._data = io.BytesIO() if 'r' not in self.mode else io.BytesIO(decompress(self._file.read()))

    def read(self, *args):
        data = self._data.read(*args)
        return data.decode() if 't' in self.mode else data

    def readline(self):
        data = self._data.readline()
        return data.decode() if 't' in self.mode else data

    def __iter__(self):
        return iter(self.readline, '' if 't' in self.mode else b'')

    def write(self, data):
        return self._data.write(data.encode() if isinstance(data, str) else data)

    def close(self):
        if 'r' not in self.mode:
            self._file.write(compress(self._data.getvalue(), self._level))
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()


def open_(filename, mode='rb', compresslevel=9, encoding=None, errors=None, newline=None):
    return GzipFile(filename, mode, compresslevel)


open = open_
