__path__ = ['/usr/lib/python3.11/urllib']
