class _Any:
    def __init__(self, name):
        self._name = name

    def __getitem__(self, index):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __or__(self, other):
        return self

    __ror__ = __or__

    def __repr__(self):
        return 'typing.' + self._name


for _n in 'Any Union Optional List Dict Tuple Set FrozenSet Callable Iterable Iterator Generator Sequence Mapping Type Literal Final ClassVar NoReturn Awaitable Coroutine AsyncIterator Text IO TextIO BinaryIO Pattern Match Deque DefaultDict Annotated MutableMapping Collection Hashable Sized Self Never'.split():
    globals()[_n] = _Any(_n)
TYPE_CHECKING = False


class Generic:
    def __class_getitem__(cls, item):
        return cls


class Protocol:
    pass


class NamedTuple:
    pass


class TypedDict(dict):
    pass


def TypeVar(name, *args, **kwargs):
    return _Any(name)


def cast(kind, value):
    return value


def overload(function):
    return function


def runtime_checkable(cls):
    return cls


def NewType(name, kind):
    return kind


def get_type_hints(obj, *args):
    return {}
