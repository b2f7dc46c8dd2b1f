import re


def translate(pat):
    out, i = '', 0
    while i < len(pat):
        c = pat[i]
        i += 1
        if c == '*':
            out += '.*'
        elif c == '?':
            out += '.'
        elif c == '[' and ']' in pat[i:]:
            j = pat.index(']', i + 1 if pat[i:i + 1] in ('!', ']') else i)
            inner = pat[i:j].replace('\\', '\\\\')
            out += '[' + ('^' + inner[1:] if inner[:1] == '!' else inner) + ']'
            i = j + 1
        else:
            out += re.escape(c)
    return '(?s:%s)\\Z' % out


def fnmatchcase(name, pat):
    return re.match(translate(pat), name) is not None


fnmatch = fnmatchcase


def filter(names, pat):
    return [name for name in names if fnmatchcase(name, pat)]
