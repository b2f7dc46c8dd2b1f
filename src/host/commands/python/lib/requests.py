import _fetch
import json as _json
from urllib.parse import urlencode, urlsplit
from urllib.request import _reason, _Headers

__version__ = '2.28.1'


class RequestException(IOError):
    pass


class HTTPError(RequestException):
    pass


class ConnectionError(RequestException):
    pass


class SSLError(ConnectionError):
    pass


class Timeout(RequestException):
    pass


class ConnectTimeout(ConnectionError, Timeout):
    pass


class ReadTimeout(Timeout):
    pass


class MissingSchema(RequestException, ValueError):
    pass


class InvalidSchema(RequestException, ValueError):
    pass


class InvalidURL(RequestException, ValueError):
    pass


class TooManyRedirects(RequestException):
    pass


class _Names:
    pass


exceptions = _Names()
for _one in (RequestException, HTTPError, ConnectionError, SSLError, Timeout, ConnectTimeout, ReadTimeout, MissingSchema, InvalidSchema, InvalidURL, TooManyRedirects):
    _one.__module__ = 'requests.exceptions'
    setattr(exceptions, _one.__name__, _one)
packages = _Names()
packages.urllib3 = _Names()
packages.urllib3.disable_warnings = lambda *args: None
codes = _Names()
codes.ok = 200
codes.not_found = 404


class Response:
    def __init__(self, url, status, reason, headers, body):
        self.url = url
        self.status_code = status
        self.reason = reason
        self.headers = _Headers(headers)
        self.content = body
        self.encoding = 'utf-8'
        self.cookies = {}
        self.history = []

    @property
    def text(self):
        return self.content.decode('utf-8', 'replace')

    @property
    def ok(self):
        return self.status_code < 400

    def json(self, **kwargs):
        return _json.loads(self.text, **kwargs)

    def iter_content(self, chunk_size=1, decode_unicode=False):
        for at in range(0, len(self.content), chunk_size or len(self.content) or 1):
            yield self.content[at:at + (chunk_size or len(self.content))]

    def iter_lines(self):
        return iter(self.content.splitlines())

    def raise_for_status(self):
        if self.status_code >= 400:
            raise HTTPError('%s %s Error: %s for url: %s' % (self.status_code, 'Client' if self.status_code < 500 else 'Server', self.reason, self.url))

    def close(self):
        pass

    def __bool__(self):
        return self.ok

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def __repr__(self):
        return '<Response [%s]>' % self.status_code


def request(method, url, params=None, data=None, json=None, headers=None, timeout=None, **kwargs):
    parts = urlsplit(url)
    if not parts.scheme:
        raise MissingSchema('Invalid URL %r: No scheme supplied. Perhaps you meant http://%s?' % (url, url))
    if parts.scheme not in ('http', 'https'):
        raise InvalidSchema('No connection adapters were found for %r' % url)
    if params:
        url += ('&' if '?' in url else '?') + (params if isinstance(params, str) else urlencode(params))
    if json is not None:
        data = _json.dumps(json)
    if isinstance(data, dict):
        data = urlencode(data)
    if isinstance(data, str):
        data = data.encode()
    answer = _fetch.fetch(url, data)
    if answer[0] == 'answered':
        return Response(url, *answer[1:])
    secure = parts.scheme == 'https'
    port = parts.port or (443 if secure else 80)
    reason = _reason(answer[0])
    kind = 'HTTPSConnection' if secure else 'HTTPConnection'
    path = (parts.path or '/') + ('?' + parts.query if parts.query else '')
    what = 'Failed to establish a new connection: [Errno %s] %s' % (reason.args[0], reason.args[1])
    raise ConnectionError("%sPool(host='%s', port=%d): Max retries exceeded with url: %s (Caused by NewConnectionError('<urllib3.connection.%s object at %s>: %s'))"
                          % (kind, parts.hostname, port, path, kind, hex(id(answer)), what))


def get(url, params=None, **kwargs):
    return request('get', url, params=params, **kwargs)


def post(url, data=None, json=None, **kwargs):
    return request('post', url, data=data, json=json, **kwargs)


def put(url, data=None, **kwargs):
    return request('put', url, data=data, **kwargs)


def delete(url, **kwargs):
    return request('delete', url, **kwargs)


def head(url, **kwargs):
    return request('head', url, **kwargs)


def options(url, **kwargs):
    return request('options', url, **kwargs)


def patch(url, data=None, **kwargs):
    return request('patch', url, data=data, **kwargs)


class Session:
    def __init__(self):
        self.headers = {'User-Agent': 'python-requests/2.28.1', 'Accept-Encoding': 'gzip, deflate', 'Accept': '*/*', 'Connection': 'keep-alive'}
        self.cookies = {}
        self.verify = True
        self.proxies = {}
        self.auth = None

    def request(self, method, url, **kwargs):
        return request(method, url, **kwargs)

    def get(self, url, **kwargs):
        return get(url, **kwargs)

    def post(self, url, data=None, **kwargs):
        return post(url, data, **kwargs)

    def mount(self, *args):
        pass

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass


def session():
    return Session()
