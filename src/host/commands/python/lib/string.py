import re as _re

whitespace = ' \t\n\r\x0b\x0c'
ascii_lowercase = 'abcdefghijklmnopqrstuvwxyz'
ascii_uppercase = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
ascii_letters = ascii_lowercase + ascii_uppercase
digits = '0123456789'
hexdigits = digits + 'abcdef' + 'ABCDEF'
octdigits = '01234567'
punctuation = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
printable = digits + ascii_letters + punctuation + whitespace


def capwords(s, sep=None):
    return (sep or ' ').join(x.capitalize() for x in s.split(sep))


class Template:
    def __init__(self, template):
        self.template = template

    def _fill(self, mapping, safe):
        def one(found):
            if found.group(1):
                return '$'
            name = found.group(2) or found.group(3)
            if safe and name not in mapping:
                return found.group(0)
            return str(mapping[name])
        return _re.sub(r'\$(?:(\$)|([_a-zA-Z][_a-zA-Z0-9]*)|\{([_a-zA-Z][_a-zA-Z0-9]*)\})', one, self.template)

    def substitute(self, mapping={}, **kws):
        return self._fill({**mapping, **kws}, False)

    def safe_substitute(self, mapping={}, **kws):
        return self._fill({**mapping, **kws}, True)


class Formatter:
    def format(self, format_string, *args, **kwargs):
        return format_string.format(*args, **kwargs)
