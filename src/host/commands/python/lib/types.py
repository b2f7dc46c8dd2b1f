def _f(): pass
FunctionType = type(_f)
LambdaType = FunctionType
BuiltinFunctionType = type(len)
GeneratorType = type((x for x in ()))
NoneType = type(None)


class _C:
    def m(self): pass


MethodType = type(_C().m)


class SimpleNamespace:
    def __init__(self, **kwargs):
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __repr__(self):
        return 'namespace(' + ', '.join('%s=%r' % pair for pair in self.__dict__.items()) + ')'

    def __eq__(self, other):
        return self.__dict__ == other.__dict__
