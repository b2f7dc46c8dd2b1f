import re as _re


def quote(s):
    if not s:
        return "''"
    if _re.search(r'[^\w@%+=:,./-]', s) is None:
        return s
    return "'" + s.replace("'", "'\"'\"'") + "'"


def join(split_command):
    return ' '.join(quote(arg) for arg in split_command)


def split(s, comments=False, posix=True):
    words, word, quoted, i = [], None, '', 0
    while i < len(s):
        c = s[i]
        if quoted:
            if c == quoted:
                quoted = ''
            elif c == '\\' and quoted == '"' and i + 1 < len(s) and s[i + 1] in '"\\':
                i += 1
                word += s[i]
            else:
                word += c
        elif c in '\'"':
            quoted = c
            word = word or ''
        elif c == '\\':
            i += 1
            if i >= len(s):
                raise ValueError('No escaped character')
            word = (word or '') + s[i]
        elif c.isspace():
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or '') + c
        i += 1
    if quoted:
        raise ValueError('No closing quotation')
    return words + ([word] if word is not None else [])
