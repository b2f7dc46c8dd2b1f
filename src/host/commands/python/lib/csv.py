QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE = 0, 1, 2, 3


class Error(Exception):
    pass


def reader(lines, dialect='excel', delimiter=',', quotechar='"', **kwargs):
    row, field, quoted, pending = [], '', False, False
    for line in lines:
        line = line.rstrip('\r\n') + '\n'
        i = 0
        while i < len(line):
            c = line[i]
            if quoted:
                if c == quotechar and line[i + 1:i + 2] == quotechar:
                    field += c
                    i += 1
                elif c == quotechar:
                    quoted = False
                else:
                    field += c
            elif c == quotechar and not field:
                quoted = pending = True
            elif c == delimiter:
                row.append(field)
                field, pending = '', True
            elif c == '\n':
                if row or field or pending:
                    row.append(field)
                yield row
                row, field, pending = [], '', False
            else:
                field += c
            i += 1


class writer:
    def __init__(self, file, dialect='excel', delimiter=',', quotechar='"', lineterminator='\r\n', quoting=0, **kwargs):
        self._file, self._delimiter, self._quote, self._end, self._quoting = file, delimiter, quotechar, lineterminator, quoting

    def _field(self, value):
        text = '' if value is None else str(value)
        if self._quoting == 1 or any(c in text for c in (self._delimiter, self._quote, '\n', '\r')):
            return self._quote + text.replace(self._quote, self._quote * 2) + self._quote
        return text

    def writerow(self, row):
        return self._file.write(self._delimiter.join(self._field(one) for one in row) + self._end)

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)


class DictReader:
    def __init__(self, f, fieldnames=None, **kwargs):
        self._reader = reader(f, **kwargs)
        self.fieldnames = fieldnames or next(self._reader, [])

    def __iter__(self):
        return self

    def __next__(self):
        return dict(zip(self.fieldnames, next(self._reader)))


class DictWriter:
    def __init__(self, f, fieldnames, **kwargs):
        self.fieldnames = fieldnames
        self._writer = writer(f, **kwargs)

    def writeheader(self):
        return self._writer.writerow(self.fieldnames)

    def writerow(self, row):
        return self._writer.writerow([row.get(name, '') for name in self.fieldnames])

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)
