MISSING = object()


class _Field:
    def __init__(self, default, factory):
        self.default, self.factory = default, factory


def field(*, default=MISSING, default_factory=MISSING, **kwargs):
    return _Field(default, default_factory)


def _make(cls, repr=True, eq=True, order=False, frozen=False):
    names = []
    for base in reversed(cls.__mro__):
        names += [name for name in base.__dict__.get('__annotations__', {}) if name not in names]
    defaults = {}
    for name in names:
        value = getattr(cls, name, MISSING)
        if value is not MISSING:
            defaults[name] = value

    def __init__(self, *args, **kwargs):
        if len(args) > len(names):
            raise TypeError('%s.__init__() takes %d positional arguments but %d were given' % (cls.__name__, len(names) + 1, len(args) + 1))
        given = dict(zip(names, args))
        for name, value in kwargs.items():
            if name not in names:
                raise TypeError("%s.__init__() got an unexpected keyword argument '%s'" % (cls.__name__, name))
            given[name] = value
        missing = []
        for name in names:
            value = given.get(name, defaults.get(name, MISSING))
            if isinstance(value, _Field):
                value = value.factory() if value.factory is not MISSING else value.default
            if value is MISSING:
                missing.append("'%s'" % name)
            else:
                setattr(self, name, value)
        if missing:
            shown = missing[0] if len(missing) == 1 else ' and '.join(missing) if len(missing) == 2 else ', '.join(missing[:-1]) + ', and ' + missing[-1]
            raise TypeError('%s.__init__() missing %d required positional argument%s: %s' % (cls.__name__, len(missing), '' if len(missing) == 1 else 's', shown))
        if hasattr(self, '__post_init__'):
            self.__post_init__()

    if '__init__' not in cls.__dict__:
        cls.__init__ = __init__
    if repr and '__repr__' not in cls.__dict__:
        cls.__repr__ = lambda self: cls.__qualname__ + '(' + ', '.join('%s=%r' % (n, getattr(self, n)) for n in names) + ')'
    if eq:
        cls.__eq__ = lambda self, other: type(self) is type(other) and all(getattr(self, n) == getattr(other, n) for n in names)
    if order:
        cls.__lt__ = lambda self, other: [getattr(self, n) for n in names] < [getattr(other, n) for n in names]
    cls.__dataclass_fields__ = dict.fromkeys(names)
    return cls


def dataclass(cls=None, **kwargs):
    if cls is None:
        return lambda one: _make(one, **{k: v for k, v in kwargs.items() if k in ('repr', 'eq', 'order', 'frozen')})
    return _make(cls)


def asdict(obj):
    return {name: asdict(getattr(obj, name)) if hasattr(getattr(obj, name), '__dataclass_fields__') else getattr(obj, name) for name in obj.__dataclass_fields__}


def astuple(obj):
    return tuple(getattr(obj, name) for name in obj.__dataclass_fields__)


def fields(obj):
    return tuple(obj.__dataclass_fields__)


def is_dataclass(obj):
    return hasattr(obj, '__dataclass_fields__')
