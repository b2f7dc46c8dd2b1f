import _fetch
import io
import os
import tempfile
from urllib.error import URLError, HTTPError
from urllib.parse import urlsplit, quote, unquote, urlparse, urlencode


class _Headers:
    def __init__(self, pairs):
        self._pairs = list(pairs)

    def get(self, name, default=None):
        for key, value in self._pairs:
            if key.lower() == name.lower():
                return value
        return default

    __getitem__ = get

    def items(self):
        return self._pairs

    def get_content_charset(self, default=None):
        return 'utf-8'

    def __iter__(self):
        return iter([k for k, v in self._pairs])

    def __str__(self):
        return ''.join('%s: %s\n' % pair for pair in self._pairs) + '\n'


class _Response:
    def __init__(self, url, status, reason, headers, body):
        self.url = url
        self.status = self.code = status
        self.reason = self.msg = reason
        self.headers = _Headers(headers)
        self._body = io.BytesIO(body)
        self.closed = False

    def read(self, *args):
        return self._body.read(*args)

    def readline(self):
        return self._body.readline()

    def readlines(self):
        return self._body.readlines()

    def __iter__(self):
        return iter(self._body)

    def getcode(self):
        return self.status

    def geturl(self):
        return self.url

    def info(self):
        return self.headers

    def getheader(self, name, default=None):
        return self.headers.get(name, default)

    def getheaders(self):
        return self.headers.items()

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()


class Request:
    def __init__(self, url, data=None, headers={}, origin_req_host=None, unverifiable=False, method=None):
        self.full_url = url
        self.data = data
        self.headers = dict(headers)
        self.method = method

    def add_header(self, key, value):
        self.headers[key.capitalize()] = value

    def get_method(self):
        return self.method or ('GET' if self.data is None else 'POST')

    def get_full_url(self):
        return self.full_url


def _reason(state):
    import socket
    if state == 'unresolved':
        return socket.gaierror(-3, 'Temporary failure in name resolution')
    if state == 'unknown':
        return socket.gaierror(-2, 'Name or service not known')
    if state == 'refused':
        return ConnectionRefusedError(111, 'Connection refused')
    if state == 'timeout':
        return TimeoutError(110, 'Connection timed out')
    return OSError(113, 'No route to host')


def _ask(url, data):
    if isinstance(data, str):
        raise TypeError('POST data should be bytes, an iterable of bytes, or a file object. It cannot be of type str.')
    parts = urlsplit(url)
    if not parts.scheme:
        raise ValueError('unknown url type: %r' % url)
    if parts.scheme == 'file':
        return _Response(url, None, None, [], open(unquote(parts.path), 'rb').read())
    if parts.scheme not in ('http', 'https', 'ftp'):
        raise URLError('unknown url type: %s' % parts.scheme)
    if not parts.netloc:
        raise URLError('no host given')
    answer = _fetch.fetch(url, data)
    if answer[0] != 'answered':
        try:
            raise _reason(answer[0])
        except OSError as err:
            raise URLError(err)
    response = _Response(url, *answer[1:])
    if response.status >= 400:
        raise HTTPError(url, response.status, response.reason, response.headers, response)
    return response


def urlopen(url, data=None, timeout=None, *, cafile=None, capath=None, cadefault=False, context=None):
    if isinstance(url, Request):
        return _ask(url.full_url, url.data if data is None else data)
    return _ask(url, data)


def urlretrieve(url, filename=None, reporthook=None, data=None):
    response = _ask(url, data)
    body = response.read()
    if filename is None:
        filename = tempfile.mktemp()
    with open(filename, 'wb') as f:
        f.write(body)
    if reporthook:
        reporthook(0, 8192, len(body))
        reporthook(1, 8192, len(body))
    return filename, response.headers


def urlcleanup():
    pass


class OpenerDirector:
    def __init__(self):
        self.addheaders = [('User-agent', 'Python-urllib/3.11')]

    def open(self, url, data=None, timeout=None):
        return urlopen(url, data, timeout)


class BaseHandler:
    def __init__(self, *args, **kwargs):
        pass


class ProxyHandler(BaseHandler):
    pass


class HTTPHandler(BaseHandler):
    pass


class HTTPSHandler(BaseHandler):
    pass


class HTTPCookieProcessor(BaseHandler):
    pass


class HTTPRedirectHandler(BaseHandler):
    pass


def build_opener(*handlers):
    return OpenerDirector()


def install_opener(opener):
    pass


def getproxies():
    return {}


def pathname2url(path):
    return quote(path)


def url2pathname(path):
    return unquote(path)
