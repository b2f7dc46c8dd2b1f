import re as _re

__path__ = ['/usr/lib/python3.11/html']
_names = {'lt': '<', 'gt': '>', 'amp': '&', 'quot': '"', 'apos': "'", 'nbsp': '\xa0', 'copy': '\xa9', 'reg': '\xae'}


def escape(s, quote=True):
    s = s.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')
    return s.replace('"', '&quot;').replace("'", '&#x27;') if quote else s


def unescape(s):
    def one(m):
        name = m.group(1)
        if name.startswith(('#x', '#X')):
            return chr(int(name[2:], 16))
        if name.startswith('#'):
            return chr(int(name[1:]))
        return _names.get(name, m.group(0))
    return _re.sub(r'&(#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z]+);', one, s)
