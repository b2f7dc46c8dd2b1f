def literal_eval(node):
    try:
        return eval(node.strip(), {'__builtins__': {}, 'set': set})
    except NameError:
        raise ValueError('malformed node or string: %r' % node) from None
