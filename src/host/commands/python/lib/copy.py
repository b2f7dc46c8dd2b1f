class Error(Exception):
    pass


def copy(x):
    if isinstance(x, (list, dict, set)):
        return x.copy() if hasattr(x, 'copy') else type(x)(x)
    if hasattr(x, '__copy__'):
        return x.__copy__()
    if hasattr(x, '__dict__') and not isinstance(x, type) and not callable(x):
        made = object.__new__(type(x))
        made.__dict__.update(x.__dict__)
        for name, value in x.__dict__.items():
            setattr(made, name, value)
        return made
    return x


def deepcopy(x, memo=None):
    memo = {} if memo is None else memo
    if id(x) in memo and not isinstance(x, (int, str, float, bytes, type(None))):
        return memo[id(x)]
    if isinstance(x, list):
        made = []
        memo[id(x)] = made
        made.extend(deepcopy(one, memo) for one in x)
        return made
    if isinstance(x, dict):
        made = {}
        memo[id(x)] = made
        for key, value in x.items():
            made[deepcopy(key, memo)] = deepcopy(value, memo)
        return made
    if type(x) is tuple:
        return tuple(deepcopy(one, memo) for one in x)
    if isinstance(x, set):
        return {deepcopy(one, memo) for one in x}
    if hasattr(x, '__deepcopy__'):
        return x.__deepcopy__(memo)
    if hasattr(x, '__dict__') and not isinstance(x, type) and not callable(x):
        made = object.__new__(type(x))
        memo[id(x)] = made
        for name, value in x.__dict__.items():
            setattr(made, name, deepcopy(value, memo))
        return made
    return x
