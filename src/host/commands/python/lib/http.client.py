import _fetch
from urllib.request import _Response, _reason


class HTTPException(Exception):
    pass


class HTTPConnection:
    _scheme = 'http'
    default_port = 80

    def __init__(self, host, port=None, timeout=None, source_address=None, blocksize=16384, **kwargs):
        self.host = host
        self.port = port or self.default_port
        self._answer = None

    def connect(self):
        pass

    def request(self, method, url, body=None, headers={}, **kwargs):
        if isinstance(body, str):
            body = body.encode()
        full = '%s://%s%s%s' % (self._scheme, self.host, '' if ':' in self.host or self.port == self.default_port else ':%d' % self.port, url)
        answer = _fetch.fetch(full, body)
        if answer[0] != 'answered':
            raise _reason(answer[0])
        self._answer = _Response(full, *answer[1:])

    def getresponse(self):
        return self._answer

    def close(self):
        pass

    def set_tunnel(self, *args, **kwargs):
        pass

    def set_debuglevel(self, level):
        pass


class HTTPSConnection(HTTPConnection):
    _scheme = 'https'
    default_port = 443


OK = 200
NOT_FOUND = 404
HTTP_PORT = 80
HTTPS_PORT = 443
