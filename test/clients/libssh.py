"""A session of libssh: log in by password, run a command, say what it wrote and how it ended."""
import ctypes
import sys

lib = ctypes.CDLL('libssh.so.4')
for name in ('ssh_new', 'ssh_channel_new', 'ssh_get_error'):
    getattr(lib, name).restype = ctypes.c_void_p
HOST, PORT, USER, STRICT = 0, 1, 4, 21

session = ctypes.c_void_p(lib.ssh_new())


def done(status, what):
    if status != 0:
        sys.exit(f'{what}: {ctypes.string_at(lib.ssh_get_error(session)).decode()}')


for option, value in ((HOST, b'127.0.0.1'), (USER, b'root')):
    done(lib.ssh_options_set(session, option, value), 'options')
done(lib.ssh_options_set(session, PORT, ctypes.byref(ctypes.c_uint(int(sys.argv[1])))), 'port')
done(lib.ssh_connect(session), 'connect')
done(lib.ssh_userauth_password(session, None, b'123456'), 'password')
channel = ctypes.c_void_p(lib.ssh_channel_new(session))
done(lib.ssh_channel_open_session(channel), 'channel')
done(lib.ssh_channel_request_exec(channel, sys.argv[2].encode()), 'exec')
out = b''
buffer = ctypes.create_string_buffer(65536)
while True:
    count = lib.ssh_channel_read(channel, buffer, len(buffer), 0)
    if count <= 0:
        break
    out += buffer.raw[:count]
print(out, lib.ssh_channel_get_exit_status(channel))
lib.ssh_disconnect(session)
