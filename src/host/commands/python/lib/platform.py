import os
import sys
from collections import namedtuple

_uname = namedtuple('uname_result', 'system node release version machine')


class uname_result(_uname):
    @property
    def processor(self):
        return ''


def uname():
    u = os.uname()
    return uname_result(u.sysname, u.nodename, u.release, u.version, u.machine)


def system(): return 'Linux'
def node(): return os.uname().nodename
def release(): return os.uname().release
def version(): return os.uname().version
def machine(): return os.uname().machine
def processor(): return ''
def python_version(): return '%d.%d.%d' % tuple(sys.version_info[:3])
def python_version_tuple(): return tuple(python_version().split('.'))
def python_implementation(): return 'CPython'
def python_branch(): return ''
def python_revision(): return ''
def python_build(): return ('main', sys.version.split(', ', 1)[1].split(')')[0])
def python_compiler(): return sys.version.split('[')[1].rstrip(']')
def architecture(executable=None, bits='', linkage=''): return ('64bit', 'ELF')
def libc_ver(executable=None, lib='', version='', chunksize=16384): return ('glibc', '2.36')
def platform(aliased=0, terse=0): return 'Linux-%s-%s-with-glibc2.36' % (release(), machine())


def freedesktop_os_release():
    result = {}
    for line in open('/etc/os-release'):
        key, eq, value = line.strip().partition('=')
        if eq:
            result[key] = value.strip('"')
    return result
