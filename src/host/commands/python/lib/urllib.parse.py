from collections import namedtuple
import re as _re

_SAFE = frozenset('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~')
_HEX = '0123456789abcdefABCDEF'


def quote_from_bytes(bs, safe='/'):
    return ''.join(chr(b) if chr(b) in _SAFE or chr(b) in safe else '%%%02X' % b for b in bs)


def quote(string, safe='/', encoding=None, errors=None):
    if isinstance(string, str):
        string = string.encode(encoding or 'utf-8', errors or 'strict')
    return quote_from_bytes(string, safe)


def quote_plus(string, safe='', encoding=None, errors=None):
    return quote(string, safe + ' ', encoding, errors).replace(' ', '+')


def unquote_to_bytes(string):
    if isinstance(string, str):
        string = string.encode()
    parts = string.split(b'%')
    out = bytearray(parts[0])
    for item in parts[1:]:
        digits = item[:2].decode('latin-1')
        if len(digits) == 2 and digits[0] in _HEX and digits[1] in _HEX:
            out += bytes([int(digits, 16)]) + item[2:]
        else:
            out += b'%' + item
    return bytes(out)


def unquote(string, encoding='utf-8', errors='replace'):
    if isinstance(string, bytes):
        return unquote_to_bytes(string).decode(encoding, errors)
    return unquote_to_bytes(string).decode(encoding, errors) if '%' in string else string


def unquote_plus(string, encoding='utf-8', errors='replace'):
    return unquote(string.replace('+', ' '), encoding, errors)


def urlencode(query, doseq=False, safe='', encoding=None, errors=None, quote_via=quote_plus):
    if hasattr(query, 'items'):
        query = query.items()
    parts = []
    for k, v in query:
        k = quote_via(k if isinstance(k, bytes) else str(k), safe)
        if doseq and isinstance(v, (list, tuple)):
            parts += [k + '=' + quote_via(str(one), safe) for one in v]
        else:
            parts.append(k + '=' + quote_via(v if isinstance(v, bytes) else str(v), safe))
    return '&'.join(parts)


class _Netloc:
    @property
    def _info(self):
        return self.netloc.rpartition('@')

    @property
    def username(self):
        user, at, _ = self._info
        return user.partition(':')[0] if at else None

    @property
    def password(self):
        user, at, _ = self._info
        return user.partition(':')[2] if at and ':' in user else None

    @property
    def hostname(self):
        host = self._info[2].partition(':')[0] if '[' not in self.netloc else self.netloc.partition('[')[2].partition(']')[0]
        return host.lower() or None

    @property
    def port(self):
        port = self._info[2].rpartition(']')[2].partition(':')[2]
        return int(port) if port else None


class ParseResult(namedtuple('ParseResult', 'scheme netloc path params query fragment'), _Netloc):
    def geturl(self):
        return urlunparse(self)


class SplitResult(namedtuple('SplitResult', 'scheme netloc path query fragment'), _Netloc):
    def geturl(self):
        return urlunsplit(self)


def urlsplit(url, scheme='', allow_fragments=True):
    netloc = query = fragment = ''
    i = url.find(':')
    if i > 0 and url[0].isalpha() and all(c.isalnum() or c in '+-.' for c in url[:i]):
        scheme, url = url[:i].lower(), url[i + 1:]
    if url[:2] == '//':
        end = min([at for at in (url.find(c, 2) for c in '/?#') if at >= 0] or [len(url)])
        netloc, url = url[2:end], url[end:]
    if allow_fragments and '#' in url:
        url, fragment = url.split('#', 1)
    if '?' in url:
        url, query = url.split('?', 1)
    return SplitResult(scheme, netloc, url, query, fragment)


def urlparse(url, scheme='', allow_fragments=True):
    s, n, p, q, f = urlsplit(url, scheme, allow_fragments)
    params = ''
    if ';' in p:
        p, params = p.split(';', 1)
    return ParseResult(s, n, p, params, q, f)


def urlunsplit(parts):
    scheme, netloc, url, query, fragment = parts
    if netloc:
        if url and url[:1] != '/':
            url = '/' + url
        url = '//' + netloc + url
    if scheme:
        url = scheme + ':' + url
    return url + ('?' + query if query else '') + ('#' + fragment if fragment else '')


def urlunparse(parts):
    scheme, netloc, url, params, query, fragment = parts
    return urlunsplit((scheme, netloc, url + (';' + params if params else ''), query, fragment))


def urljoin(base, url, allow_fragments=True):
    if not base or not url:
        return base or url
    b, u = urlsplit(base), urlsplit(url)
    if u.scheme and u.scheme != b.scheme or u.netloc:
        return url if u.scheme else urlunsplit((b.scheme,) + tuple(u)[1:])
    if not u.path:
        return urlunsplit((b.scheme, b.netloc, b.path, u.query or b.query, u.fragment))
    path = u.path if u.path.startswith('/') else b.path.rpartition('/')[0] + '/' + u.path
    out = []
    for part in path.split('/'):
        if part == '..':
            if len(out) > 1:
                out.pop()
        elif part != '.':
            out.append(part)
    if path.endswith(('/.', '/..')):
        out.append('')
    return urlunsplit((b.scheme, b.netloc, '/'.join(out), u.query, u.fragment))


def parse_qsl(qs, keep_blank_values=False, strict_parsing=False, encoding='utf-8', errors='replace', max_num_fields=None, separator='&'):
    result = []
    for pair in qs.split(separator):
        name, eq, value = pair.partition('=')
        if pair and (value or keep_blank_values):
            result.append((unquote_plus(name), unquote_plus(value)))
    return result


def parse_qs(qs, keep_blank_values=False, **kw):
    result = {}
    for name, value in parse_qsl(qs, keep_blank_values, **kw):
        result.setdefault(name, []).append(value)
    return result


def urldefrag(url):
    url, _, fragment = url.partition('#')
    return (url, fragment)
