import re


def wrap(text, width=70, **kwargs):
    lines, line = [], ''
    for word in text.split():
        while len(word) > width:
            room = width - len(line) - (1 if line else 0)
            if line:
                lines.append(line)
                line = ''
            lines.append(word[:width])
            word = word[width:]
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = line + ' ' + word if line else word
    return lines + [line] if line else lines


def fill(text, width=70, **kwargs):
    return '\n'.join(wrap(text, width))


def shorten(text, width, placeholder=' [...]', **kwargs):
    words = text.split()
    if len(' '.join(words)) <= width:
        return ' '.join(words)
    while words and len(' '.join(words)) + len(placeholder) > width:
        words.pop()
    return ' '.join(words) + placeholder


def dedent(text):
    lines = [line if line.strip() else '' for line in text.split('\n')]
    margins = [line[:len(line) - len(line.lstrip())] for line in lines if line]
    common = min(margins, key=len) if margins else ''
    while common and not all(margin.startswith(common) for margin in margins):
        common = common[:-1]
    return '\n'.join(line[len(common):] for line in lines)


def indent(text, prefix, predicate=None):
    return ''.join(prefix + line if line.strip() else line for line in text.splitlines(True))
