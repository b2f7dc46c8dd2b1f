import os as _os
import sys as _sys

SUPPRESS = '==SUPPRESS=='
OPTIONAL, ZERO_OR_MORE, ONE_OR_MORE, REMAINDER = '?', '*', '+', '...'


class ArgumentError(Exception):
    pass


class ArgumentTypeError(Exception):
    pass


class HelpFormatter:
    pass


RawTextHelpFormatter = RawDescriptionHelpFormatter = ArgumentDefaultsHelpFormatter = HelpFormatter


class Namespace:
    def __init__(self, **kwargs):
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __repr__(self):
        return 'Namespace(' + ', '.join('%s=%r' % pair for pair in self.__dict__.items()) + ')'

    def __eq__(self, other):
        return self.__dict__ == other.__dict__

    def __contains__(self, key):
        return key in self.__dict__


class _Action:
    def __init__(self, flags, action='store', nargs=None, const=None, default=None, type=None, choices=None, required=False, help=None, metavar=None, dest=None, version=None):
        self.flags = [f for f in flags if f.startswith('-')]
        self.action, self.nargs, self.const, self.default, self.type = action, nargs, const, default, type
        self.choices, self.required, self.help, self.metavar, self.version = choices, required, help, metavar, version
        if dest is None:
            long = [f for f in self.flags if f.startswith('--')] or self.flags
            dest = (long[0].lstrip('-') if long else flags[0]).replace('-', '_')
        self.dest = dest
        if action == 'store_true':
            self.default = False if default is None else default
        if action == 'store_false':
            self.default = True if default is None else default

    def takes(self):
        return self.action in ('store', 'append')

    def shown(self):
        if self.metavar:
            return self.metavar
        if self.choices:
            return '{' + ','.join(map(str, self.choices)) + '}'
        return self.dest.upper() if self.flags else self.dest

    def usage(self):
        value = self.shown()
        if self.flags:
            text = self.flags[0] + (' ' + self._many(value) if self.takes() else '')
            return text if self.required else '[' + text + ']'
        return self._many(value)

    def _many(self, value):
        return {'?': '[%s]', '*': '[%s ...]', '+': '%s [%s ...]'}.get(self.nargs, '%s').replace('%s', value)


class ArgumentParser:
    def __init__(self, prog=None, usage=None, description=None, epilog=None, formatter_class=None, add_help=True, **kwargs):
        self.prog = prog or _os.path.basename(_sys.argv[0])
        self._usage, self.description, self.epilog = usage, description, epilog
        self._actions = []
        self._defaults = {}
        if add_help:
            self.add_argument('-h', '--help', action='help', help='show this help message and exit')

    def add_argument(self, *flags, **kwargs):
        action = _Action(flags, **kwargs)
        self._actions.append(action)
        return action

    def add_argument_group(self, *args, **kwargs):
        return self

    def add_mutually_exclusive_group(self, **kwargs):
        return self

    def set_defaults(self, **kwargs):
        self._defaults.update(kwargs)

    def format_usage(self):
        if self._usage:
            return 'usage: %s\n' % self._usage
        parts = [a.usage() for a in self._actions if a.flags] + [a.usage() for a in self._actions if not a.flags]
        return 'usage: %s\n' % ' '.join([self.prog] + parts)

    def print_usage(self, file=None):
        (file or _sys.stdout).write(self.format_usage())

    def _head(self, action):
        if not action.flags:
            return action.shown()
        return ', '.join(flag + (' ' + action.shown() if action.takes() else '') for flag in action.flags)

    def format_help(self):
        out = self.format_usage()
        if self.description:
            out += '\n%s\n' % self.description
        # The texts of all groups begin in one column.
        wide = min(max([len(self._head(a)) for a in self._actions] + [0]) + 4, 24)
        for title, group in (('positional arguments', [a for a in self._actions if not a.flags]), ('options', [a for a in self._actions if a.flags])):
            if not group:
                continue
            out += '\n%s:\n' % title
            for a in group:
                line = '  ' + self._head(a)
                if a.help:
                    line = line.ljust(wide) + a.help if len(line) + 2 <= wide else line + '\n' + ' ' * wide + a.help
                out += line + '\n'
        return out + ('\n%s\n' % self.epilog if self.epilog else '')

    def print_help(self, file=None):
        (file or _sys.stdout).write(self.format_help())

    def exit(self, status=0, message=None):
        if message:
            _sys.stderr.write(message)
        _sys.exit(status)

    def error(self, message):
        self.print_usage(_sys.stderr)
        self.exit(2, '%s: error: %s\n' % (self.prog, message))

    def _value(self, action, text):
        value = text
        if action.type is not None:
            try:
                value = action.type(text)
            except (ValueError, TypeError):
                self.error('argument %s: invalid %s value: %r' % ('/'.join(action.flags) or action.dest, getattr(action.type, '__name__', 'value'), text))
        if action.choices is not None and value not in action.choices:
            self.error('argument %s: invalid choice: %r (choose from %s)' % ('/'.join(action.flags) or action.dest, value, ', '.join(map(repr, action.choices))))
        return value

    def parse_args(self, args=None, namespace=None):
        result, rest = self.parse_known_args(args, namespace)
        if rest:
            self.error('unrecognized arguments: ' + ' '.join(rest))
        return result

    def parse_known_args(self, args=None, namespace=None):
        words = list(_sys.argv[1:] if args is None else args)
        result = namespace or Namespace()
        for a in self._actions:
            if a.action not in ('help', 'version') and not hasattr(result, a.dest):
                default = self._defaults.get(a.dest, a.default)
                setattr(result, a.dest, a.type(default) if isinstance(default, str) and a.type else default)
        for name, value in self._defaults.items():
            setattr(result, name, value)
        seen, free, rest = set(), [], []
        while words:
            word = words.pop(0)
            if word == '--':
                free += words
                break
            name, eq, given = word.partition('=')
            found = [a for a in self._actions if name in a.flags] if word.startswith('-') else []
            if not found and word.startswith('--'):
                found = [a for a in self._actions if any(f.startswith(name) for f in a.flags)][:1]
            if not found and word.startswith('-') and len(word) > 2 and not word.startswith('--'):
                found = [a for a in self._actions if word[:2] in a.flags]
                if found and found[0].takes():
                    eq, given = '=', word[2:]
                elif found:
                    words.insert(0, '-' + word[2:])
            if not found:
                (rest if word.startswith('-') and len(word) > 1 and not word[1:].replace('.', '').isdigit() else free).append(word)
                continue
            a = found[0]
            seen.add(a.dest)
            if a.action == 'help':
                self.print_help()
                self.exit()
            elif a.action == 'version':
                print(a.version.replace('%(prog)s', self.prog))
                self.exit()
            elif a.action in ('store_true', 'store_false', 'store_const'):
                setattr(result, a.dest, a.const if a.action == 'store_const' else a.action == 'store_true')
            elif a.action == 'count':
                setattr(result, a.dest, (getattr(result, a.dest) or 0) + 1)
            else:
                if eq:
                    value = self._value(a, given)
                elif a.nargs in ('*', '+'):
                    value = []
                    while words and not words[0].startswith('-'):
                        value.append(self._value(a, words.pop(0)))
                elif words and not (words[0].startswith('-') and not words[0][1:2].isdigit() and len(words[0]) > 1):
                    value = self._value(a, words.pop(0))
                elif a.nargs == '?':
                    value = a.const
                else:
                    self.error('argument %s: expected one argument' % '/'.join(a.flags))
                if a.action == 'append':
                    value = (getattr(result, a.dest) or []) + [value]
                setattr(result, a.dest, value)
        missing = []
        positional = [a for a in self._actions if not a.flags]
        for at, a in enumerate(positional):
            needed = sum(1 for later in positional[at + 1:] if later.nargs in (None, '+'))
            if a.nargs in ('*', '+', '...'):
                taken = len(free) - needed
                if a.nargs == '+' and taken < 1:
                    missing.append(a.shown())
                    continue
                setattr(result, a.dest, [self._value(a, free.pop(0)) for _ in range(max(taken, 0))])
            elif a.nargs == '?':
                if len(free) > needed:
                    setattr(result, a.dest, self._value(a, free.pop(0)))
            elif free:
                setattr(result, a.dest, self._value(a, free.pop(0)))
            else:
                missing.append(a.shown())
        missing += ['/'.join(a.flags) for a in self._actions if a.required and a.dest not in seen]
        if missing:
            self.error('the following arguments are required: ' + ', '.join(missing))
        return result, rest + free


def FileType(mode='r', *args):
    return lambda name: _sys.stdin if name == '-' else open(name, mode)
