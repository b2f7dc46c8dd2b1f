import math


class StatisticsError(ValueError):
    pass


def _whole(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value


def mean(data):
    data = list(data)
    if not data:
        raise StatisticsError('mean requires at least one data point')
    value = sum(data) / len(data)
    return _whole(value) if all(isinstance(x, int) for x in data) else value


def fmean(data):
    data = list(data)
    return math.fsum(data) / len(data)


def median(data):
    data = sorted(data)
    if not data:
        raise StatisticsError('no median for empty data')
    n = len(data)
    return data[n // 2] if n % 2 else (data[n // 2 - 1] + data[n // 2]) / 2


def mode(data):
    data = list(data)
    return max(data, key=data.count)


def variance(data):
    data = list(data)
    m = sum(data) / len(data)
    return _whole(sum((x - m) ** 2 for x in data) / (len(data) - 1))


def stdev(data):
    return math.sqrt(variance(data))


def pvariance(data):
    data = list(data)
    m = sum(data) / len(data)
    return _whole(sum((x - m) ** 2 for x in data) / len(data))


def pstdev(data):
    return math.sqrt(pvariance(data))
