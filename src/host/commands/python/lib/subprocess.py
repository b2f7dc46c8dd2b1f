"""Child processes, on the host's own."""
import _child
import os
import io

PIPE = -1
STDOUT = -2
DEVNULL = -3


class SubprocessError(Exception):
    pass


class CalledProcessError(SubprocessError):
    def __init__(self, returncode, cmd, output=None, stderr=None):
        self.returncode = returncode
        self.cmd = cmd
        self.output = output
        self.stderr = stderr
        self.args = (returncode, cmd)

    def __str__(self):
        if self.returncode and self.returncode < 0:
            from signal import Signals
            try:
                return "Command '%s' died with %r." % (self.cmd, Signals(-self.returncode))
            except ValueError:
                return "Command '%s' died with unknown signal %d." % (self.cmd, -self.returncode)
        return "Command '%s' returned non-zero exit status %d." % (self.cmd, self.returncode)

    @property
    def stdout(self):
        return self.output


class TimeoutExpired(SubprocessError):
    def __init__(self, cmd, timeout, output=None, stderr=None):
        self.cmd = cmd
        self.timeout = timeout
        self.output = output
        self.stderr = stderr
        self.args = (cmd, timeout)

    def __str__(self):
        return "Command '%s' timed out after %s seconds" % (self.cmd, self.timeout)


class CompletedProcess:
    def __init__(self, args, returncode, stdout=None, stderr=None):
        self.args = args
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    def __repr__(self):
        args = ['args={!r}'.format(self.args), 'returncode={!r}'.format(self.returncode)]
        if self.stdout is not None:
            args.append('stdout={!r}'.format(self.stdout))
        if self.stderr is not None:
            args.append('stderr={!r}'.format(self.stderr))
        return "CompletedProcess({})".format(', '.join(args))

    def check_returncode(self):
        if self.returncode:
            raise CalledProcessError(self.returncode, self.args, self.stdout, self.stderr)


class _Input(io.BytesIO):
    pass


class _Reader:
    """A pipe from a child: what it has written, when somebody reads."""

    def __init__(self, process, which):
        self._process = process
        self._which = which
        self._file = None

    def _open(self):
        if self._file is None:
            self._process._gather()
            data = self._process._outputs[self._which]
            self._file = io.StringIO(data) if self._process._text else io.BytesIO(data)
        return self._file

    def read(self, *args):
        return self._open().read(*args)

    def readline(self, *args):
        return self._open().readline()

    def readlines(self):
        return self._open().readlines()

    def __iter__(self):
        return iter(self._open())

    def close(self):
        pass

    def fileno(self):
        return 5


class Popen:
    def __init__(self, args, bufsize=-1, executable=None, stdin=None, stdout=None, stderr=None, preexec_fn=None, close_fds=True,
                 shell=False, cwd=None, env=None, universal_newlines=None, startupinfo=None, creationflags=0, restore_signals=True,
                 start_new_session=False, pass_fds=(), *, user=None, group=None, extra_groups=None, encoding=None, errors=None,
                 text=None, umask=-1, pipesize=-1, process_group=None):
        self.args = args
        self._text = bool(text or universal_newlines or encoding or errors)
        self._child = None
        self._outputs = [None, None]
        self._gathered = False
        self.returncode = None
        if isinstance(args, (str, bytes)) or hasattr(args, '__fspath__'):
            args = [os.fsdecode(args)]
        else:
            args = [os.fsdecode(one) for one in args]
        if shell:
            args = ['/bin/sh' if executable is None else executable, '-c'] + args
        self._argv = args
        self._cwd = os.fspath(cwd) if cwd is not None else None
        self._env = env
        self._to = [self._target(stdout), 'stdout' if stderr == STDOUT else self._target(stderr)]
        self.stdin = None
        self._given = None
        if stdin == PIPE:
            self.stdin = io.StringIO() if self._text else io.BytesIO()
            self.stdin.close = lambda: self._start()
        elif stdin == DEVNULL:
            self._given = b''
        elif stdin is not None and not isinstance(stdin, int):
            data = stdin.read() if hasattr(stdin, 'read') else b''
            self._given = data.encode() if isinstance(data, str) else data
        self.stdout = _Reader(self, 0) if stdout == PIPE else None
        self.stderr = _Reader(self, 1) if stderr == PIPE else None
        if stdin != PIPE:
            self._start()
        self.pid = _child.pid(None)

    def _target(self, given):
        if given is None:
            return None
        if isinstance(given, int):
            return 'pipe' if given == PIPE else 'null' if given == DEVNULL else given
        if hasattr(given, '_open'):
            return 'null'
        return given

    def _start(self):
        if self._child is not None:
            return
        data = self._given
        if self.stdin is not None:
            data = self.stdin.getvalue()
            if isinstance(data, str):
                data = data.encode()
        self._child = _child.start(self._argv, data, self._to[0], self._to[1], self._cwd, self._env)

    def _gather(self):
        if not self._gathered:
            self.wait()
            out, err = _child.output(self._child)
            if self._text:
                out, err = out.decode().replace('\r\n', '\n'), err.decode().replace('\r\n', '\n')
            self._outputs = [out, err]
            self._gathered = True

    def poll(self):
        self._start()
        _child.wait(self._child, 0.01)
        self.returncode = _child.status(self._child)
        return self.returncode

    def wait(self, timeout=None):
        self._start()
        if not _child.wait(self._child, timeout):
            raise TimeoutExpired(self.args, timeout)
        self.returncode = _child.status(self._child)
        return self.returncode

    def communicate(self, input=None, timeout=None):
        if input is not None and self.stdin is not None:
            self.stdin.write(input)
        self.wait(timeout)
        self._gather()
        return (self._outputs[0] if self.stdout is not None else None, self._outputs[1] if self.stderr is not None else None)

    def send_signal(self, sig):
        _child.stop(self._child)

    def terminate(self):
        self._start()
        _child.stop(self._child)

    def kill(self):
        self._start()
        _child.stop(self._child)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.wait()

    def __repr__(self):
        return '<Popen: returncode: %s args: %r>' % (self.returncode, self.args)


def run(*popenargs, input=None, capture_output=False, timeout=None, check=False, **kwargs):
    if input is not None:
        if kwargs.get('stdin') is not None:
            raise ValueError('stdin and input arguments may not both be used.')
        kwargs['stdin'] = PIPE
    if capture_output:
        if kwargs.get('stdout') is not None or kwargs.get('stderr') is not None:
            raise ValueError('stdout and stderr arguments may not be used with capture_output.')
        kwargs['stdout'] = PIPE
        kwargs['stderr'] = PIPE
    process = Popen(*popenargs, **kwargs)
    try:
        stdout, stderr = process.communicate(input, timeout=timeout)
    except TimeoutExpired:
        process.kill()
        raise
    if check and process.returncode:
        raise CalledProcessError(process.returncode, process.args, output=stdout, stderr=stderr)
    return CompletedProcess(process.args, process.returncode, stdout, stderr)


def call(*popenargs, timeout=None, **kwargs):
    return Popen(*popenargs, **kwargs).wait(timeout)


def check_call(*popenargs, **kwargs):
    code = call(*popenargs, **kwargs)
    if code:
        raise CalledProcessError(code, kwargs.get('args') or popenargs[0])
    return 0


def check_output(*popenargs, timeout=None, **kwargs):
    for name in ('stdout', 'check'):
        if name in kwargs:
            raise ValueError('%s argument not allowed, it will be overridden.' % name)
    return run(*popenargs, stdout=PIPE, timeout=timeout, check=True, **kwargs).stdout


def getstatusoutput(cmd, *, encoding=None, errors=None):
    done = run(cmd, shell=True, text=True, stdout=PIPE, stderr=STDOUT)
    data = done.stdout
    if data[-1:] == '\n':
        data = data[:-1]
    return (done.returncode, data)


def getoutput(cmd, *, encoding=None, errors=None):
    return getstatusoutput(cmd)[1]


def list2cmdline(seq):
    return ' '.join('"%s"' % one if ' ' in one else one for one in seq)
