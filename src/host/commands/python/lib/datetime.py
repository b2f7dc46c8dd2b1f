import time as _time

MINYEAR, MAXYEAR = 1, 9999
_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def _leap(y):
    return y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)


def _in_month(y, m):
    return 29 if m == 2 and _leap(y) else _DAYS[m - 1]


def _before(y):
    y -= 1
    return y * 365 + y // 4 - y // 100 + y // 400


def _to_ordinal(y, m, d):
    return _before(y) + sum(_in_month(y, i) for i in range(1, m)) + d


def _from_ordinal(n):
    y = n * 400 // 146097 + 1
    while _before(y) >= n:
        y -= 1
    while _before(y + 1) < n:
        y += 1
    n -= _before(y)
    m = 1
    while n > _in_month(y, m):
        n -= _in_month(y, m)
        m += 1
    return y, m, n


class timedelta:
    def __init__(self, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0):
        total = round((days + weeks * 7) * 86400000000 + (seconds + minutes * 60 + hours * 3600) * 1000000 + milliseconds * 1000 + microseconds)
        self.days, rest = divmod(total, 86400000000)
        self.seconds, self.microseconds = divmod(rest, 1000000)

    def _micro(self):
        return (self.days * 86400 + self.seconds) * 1000000 + self.microseconds

    def total_seconds(self):
        return self._micro() / 10 ** 6

    def __add__(self, other):
        return timedelta(microseconds=self._micro() + other._micro()) if isinstance(other, timedelta) else NotImplemented

    def __sub__(self, other):
        return timedelta(microseconds=self._micro() - other._micro()) if isinstance(other, timedelta) else NotImplemented

    def __neg__(self):
        return timedelta(microseconds=-self._micro())

    def __mul__(self, n):
        return timedelta(microseconds=self._micro() * n)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self._micro() / other._micro() if isinstance(other, timedelta) else timedelta(microseconds=self._micro() / other)

    def __floordiv__(self, other):
        return self._micro() // other._micro() if isinstance(other, timedelta) else timedelta(microseconds=self._micro() // other)

    def __eq__(self, other):
        return isinstance(other, timedelta) and self._micro() == other._micro()

    def __lt__(self, other):
        return self._micro() < other._micro()

    def __le__(self, other):
        return self._micro() <= other._micro()

    def __gt__(self, other):
        return self._micro() > other._micro()

    def __ge__(self, other):
        return self._micro() >= other._micro()

    def __hash__(self):
        return hash(self._micro())

    def __bool__(self):
        return self._micro() != 0

    def __str__(self):
        s = '%d:%02d:%02d' % (self.seconds // 3600, self.seconds // 60 % 60, self.seconds % 60)
        if self.days:
            s = '%d day%s, ' % (self.days, '' if abs(self.days) == 1 else 's') + s
        return s + '.%06d' % self.microseconds if self.microseconds else s

    def __repr__(self):
        parts = ['%s=%d' % (n, getattr(self, n)) for n in ('days', 'seconds', 'microseconds') if getattr(self, n)]
        return 'datetime.timedelta(%s)' % (', '.join(parts) or '0')


class tzinfo:
    pass


class timezone(tzinfo):
    def __init__(self, offset, name=None):
        self._offset, self._name = offset, name

    def utcoffset(self, dt):
        return self._offset

    def tzname(self, dt):
        if self._name:
            return self._name
        text = _offset(self._offset)
        return 'UTC' + ('' if text == '+00:00' else text)

    def __repr__(self):
        return 'datetime.timezone.utc' if not self._offset else 'datetime.timezone(%r)' % self._offset

    __str__ = lambda self: self.tzname(None)


def _offset(delta):
    minutes = delta._micro() // 60000000
    return '%s%02d:%02d' % ('-' if minutes < 0 else '+', abs(minutes) // 60, abs(minutes) % 60)


timezone.utc = timezone(timedelta(0))
UTC = timezone.utc


class date:
    def __init__(self, year, month, day):
        if not 1 <= year <= 9999:
            raise ValueError('year %i is out of range' % year)
        if not 1 <= month <= 12:
            raise ValueError('month must be in 1..12')
        if not 1 <= day <= _in_month(year, month):
            raise ValueError('day is out of range for month')
        self.year, self.month, self.day = year, month, day

    @classmethod
    def today(cls):
        return cls.fromtimestamp(_time.time())

    @classmethod
    def fromtimestamp(cls, t):
        return cls(*_time.localtime(t)[:3])

    @classmethod
    def fromordinal(cls, n):
        return cls(*_from_ordinal(n))

    @classmethod
    def fromisoformat(cls, text):
        return cls(*[int(p) for p in text.split('-')])

    def toordinal(self):
        return _to_ordinal(self.year, self.month, self.day)

    def weekday(self):
        return (self.toordinal() + 6) % 7

    def isoweekday(self):
        return self.weekday() + 1

    def isocalendar(self):
        thursday = self.toordinal() - self.weekday() + 3
        year = _from_ordinal(thursday)[0]
        return (year, (thursday - _to_ordinal(year, 1, 1)) // 7 + 1, self.isoweekday())

    def timetuple(self):
        return self._struct()

    def _struct(self):
        return _time.gmtime(self._epoch())

    def _epoch(self):
        return (self.toordinal() - 719163) * 86400

    def isoformat(self):
        return '%04d-%02d-%02d' % (self.year, self.month, self.day)

    def strftime(self, format):
        return _time.strftime(format, self._struct())

    def ctime(self):
        return _time.strftime('%a %b %e %H:%M:%S %Y', self._struct())

    def replace(self, **kw):
        return date(kw.get('year', self.year), kw.get('month', self.month), kw.get('day', self.day))

    def __format__(self, spec):
        return self.strftime(spec) if spec else str(self)

    def __add__(self, delta):
        return date(*_from_ordinal(self.toordinal() + delta.days)) if isinstance(delta, timedelta) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return self + timedelta(-other.days)
        return timedelta(self.toordinal() - other.toordinal())

    def _key(self):
        return self.toordinal()

    def __eq__(self, other):
        return isinstance(other, date) and self._key() == other._key()

    def __lt__(self, other):
        return self._key() < other._key()

    def __le__(self, other):
        return self._key() <= other._key()

    def __gt__(self, other):
        return self._key() > other._key()

    def __ge__(self, other):
        return self._key() >= other._key()

    def __hash__(self):
        return hash(self._key())

    def __str__(self):
        return self.isoformat()

    def __repr__(self):
        return 'datetime.date(%d, %d, %d)' % (self.year, self.month, self.day)


class time:
    def __init__(self, hour=0, minute=0, second=0, microsecond=0, tzinfo=None):
        self.hour, self.minute, self.second, self.microsecond, self.tzinfo = hour, minute, second, microsecond, tzinfo

    def isoformat(self):
        return '%02d:%02d:%02d' % (self.hour, self.minute, self.second) + ('.%06d' % self.microsecond if self.microsecond else '')

    __str__ = isoformat

    def __repr__(self):
        return 'datetime.time(%d, %d%s)' % (self.hour, self.minute, ', %d' % self.second if self.second else '')


class datetime(date):
    def __init__(self, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0):
        date.__init__(self, year, month, day)
        for name, value, most in (('hour', hour, 23), ('minute', minute, 59), ('second', second, 59)):
            if not 0 <= value <= most:
                raise ValueError('%s must be in 0..%d' % (name, most))
        self.hour, self.minute, self.second, self.microsecond, self.tzinfo = hour, minute, second, microsecond, tzinfo

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(_time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.utcfromtimestamp(_time.time())

    @classmethod
    def today(cls):
        return cls.now()

    @classmethod
    def fromtimestamp(cls, t, tz=None):
        micro = round(t % 1 * 1000000) % 1000000
        if tz is None:
            return cls(*_time.localtime(t)[:6], micro)
        return cls(*_time.gmtime(t + tz.utcoffset(None).total_seconds())[:6], micro, tz)

    @classmethod
    def utcfromtimestamp(cls, t):
        return cls(*_time.gmtime(t)[:6], round(t % 1 * 1000000) % 1000000)

    @classmethod
    def strptime(cls, text, format):
        return cls(*_time.strptime(text, format)[:6])

    @classmethod
    def fromisoformat(cls, text):
        day, _, clock = text.replace('T', ' ').partition(' ')
        clock, _, micro = clock.partition('.')
        return cls(*[int(p) for p in day.split('-')], *[int(p) for p in clock.split(':') if p], microsecond=int(micro.ljust(6, '0')) if micro else 0)

    @classmethod
    def combine(cls, day, clock):
        return cls(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, clock.microsecond)

    def date(self):
        return date(self.year, self.month, self.day)

    def time(self):
        return time(self.hour, self.minute, self.second, self.microsecond)

    def _epoch(self):
        return (self.toordinal() - 719163) * 86400 + self.hour * 3600 + self.minute * 60 + self.second

    def _key(self):
        return self._epoch() * 1000000 + self.microsecond - (self.tzinfo.utcoffset(self)._micro() if self.tzinfo else 0)

    def timestamp(self):
        if self.tzinfo:
            return self._key() / 1000000
        return _time.mktime((self.year, self.month, self.day, self.hour, self.minute, self.second, 0, 0, -1)) + self.microsecond / 1000000

    def utcoffset(self):
        return self.tzinfo.utcoffset(self) if self.tzinfo else None

    def astimezone(self, tz=None):
        return datetime.fromtimestamp(self.timestamp(), tz)

    def strftime(self, format):
        return _time.strftime(format.replace('%f', '%06d' % self.microsecond).replace('%z', _offset(self.utcoffset()).replace(':', '') if self.tzinfo else '').replace('%Z', self.tzinfo.tzname(self) if self.tzinfo else ''), self._struct())

    def isoformat(self, sep='T', timespec='auto'):
        text = '%04d-%02d-%02d%s%02d:%02d:%02d' % (self.year, self.month, self.day, sep, self.hour, self.minute, self.second)
        if self.microsecond and timespec != 'seconds':
            text += '.%06d' % self.microsecond
        return text + (_offset(self.utcoffset()) if self.tzinfo else '')

    def replace(self, **kw):
        fields = {n: getattr(self, n) for n in ('year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond', 'tzinfo')}
        return datetime(**{**fields, **kw})

    def __add__(self, delta):
        if not isinstance(delta, timedelta):
            return NotImplemented
        total = self._epoch() * 1000000 + self.microsecond + delta._micro()
        seconds, micro = divmod(total, 1000000)
        days, rest = divmod(seconds, 86400)
        return datetime(*_from_ordinal(days + 719163), rest // 3600, rest // 60 % 60, rest % 60, micro, self.tzinfo)

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return self + -other
        return timedelta(microseconds=self._key() - other._key())

    def __str__(self):
        return self.isoformat(' ')

    def __repr__(self):
        parts = [self.year, self.month, self.day, self.hour, self.minute]
        if self.second or self.microsecond:
            parts.append(self.second)
        if self.microsecond:
            parts.append(self.microsecond)
        return 'datetime.datetime(%s%s)' % (', '.join(map(str, parts)), ', tzinfo=%r' % self.tzinfo if self.tzinfo else '')
