import { Message } from '../../src/ssh/transport/message-numbers.ts'
import { WireWriter } from '../../src/ssh/transport/wire.ts'

/** What a client that has logged in sends, message by message. */
export type Conversation = readonly Buffer[]

const WINDOW = 2 * 1024 * 1024
const PACKET = 32 * 1024

function open(type: string, more: (writer: WireWriter) => WireWriter = (writer) => writer): Buffer {
  return more(new WireWriter(Message.CHANNEL_OPEN).string(type).uint32(0).uint32(WINDOW).uint32(PACKET)).done()
}

function request(name: string, more: (writer: WireWriter) => WireWriter = (writer) => writer, wantReply = true): Buffer {
  return more(new WireWriter(Message.CHANNEL_REQUEST).uint32(0).string(name).boolean(wantReply)).done()
}

function data(bytes: Uint8Array | string): Buffer {
  return new WireWriter(Message.CHANNEL_DATA).uint32(0).string(bytes).done()
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const eof = new WireWriter(Message.CHANNEL_EOF).uint32(0).done()
const close = new WireWriter(Message.CHANNEL_CLOSE).uint32(0).done()
const pty = request('pty-req', (w) =>
  w.string('xterm-256color').uint32(80).uint32(24).uint32(640).uint32(480).string(Buffer.from('8100009600800000960003000000047f00', 'hex')),
)
const shell = request('shell')
const exec = (command: string): Buffer => request('exec', (w) => w.string(command))

/** One SFTP packet: draft-ietf-secsh-filexfer-02 §3. */
function sftp(type: number, more: (writer: WireWriter) => WireWriter): Buffer {
  return data(new WireWriter().string(more(new WireWriter(type)).done()).done())
}

const named = (type: number, id: number, path: string, more: (writer: WireWriter) => WireWriter = (w) => w): Buffer =>
  sftp(type, (w) => more(w.uint32(id).string(path)))

const SFTP: Conversation = [
  open('session'),
  request('subsystem', (w) => w.string('sftp')),
  sftp(1, (w) => w.uint32(3)),
  named(16, 1, '.'),
  named(17, 2, '/root'),
  named(7, 3, '/etc/passwd'),
  named(3, 4, '/tmp/x', (w) => w.uint32(0x1a).uint32(4).uint32(0o644)),
  sftp(6, (w) => w.uint32(5).string('\0\0\0\0').uint64(0n).string('hello')),
  sftp(6, (w) =>
    w
      .uint32(5)
      .string('\0\0\0\0')
      .uint64(1n << 40n)
      .string('far'),
  ),
  sftp(5, (w) => w.uint32(6).string('\0\0\0\0').uint64(0n).uint32(32_768)),
  sftp(8, (w) => w.uint32(7).string('\0\0\0\0')),
  sftp(10, (w) =>
    w
      .uint32(8)
      .string('\0\0\0\0')
      .uint32(0xd)
      .uint64(1n << 30n)
      .uint32(0o600)
      .uint32(1)
      .uint32(2),
  ),
  sftp(4, (w) => w.uint32(9).string('\0\0\0\0')),
  named(11, 10, '/etc'),
  sftp(12, (w) => w.uint32(11).string('\0\0\0\x01')),
  named(14, 12, '/tmp/d', (w) => w.uint32(0)),
  named(18, 13, '/tmp/x', (w) => w.string('/tmp/y')),
  named(20, 14, '/tmp/l', (w) => w.string('/etc/shadow')),
  named(19, 15, '/tmp/l'),
  named(13, 16, '/tmp/y'),
  named(15, 17, '/tmp/d'),
  named(9, 18, '/tmp/y', (w) => w.uint32(8).uint32(0).uint32(0)),
  named(200, 19, 'posix-rename@openssh.com', (w) => w.string('/tmp/a').string('/tmp/b')),
  named(200, 20, 'statvfs@openssh.com', (w) => w.string('/')),
  named(200, 21, 'limits@openssh.com'),
  named(200, 22, 'copy-data', (w) => w.string('\0\0\0\0').uint64(0n).uint64(0n).string('\0\0\0\0').uint64(9n)),
  eof,
]

export const conversations: readonly Conversation[] = [
  [
    open('session'),
    request('env', (w) => w.string('LANG').string('C.UTF-8')),
    pty,
    shell,
    data(latin1('id; uname -a\r')),
    request('window-change', (w) => w.uint32(132).uint32(43).uint32(0).uint32(0), false),
    data(latin1('cat > f <<E\rx\x7fy\rE\r\x1b[A\x1b[B\x0f\x12ec\x03\t\t\x15\x17')),
    data(latin1('vi f\riabc\x1b:wq\rtop\rq')),
    data(latin1('sleep 5\r\x1afg\r\x03\x1c')),
    request('signal', (w) => w.string('INT'), false),
    data(latin1('exit\r')),
    eof,
    close,
  ],
  [open('session'), exec('uname -a; cat /proc/cpuinfo | grep name | wc -l'), eof, close],
  [open('session'), exec('cat > /tmp/x; chmod +x /tmp/x; /tmp/x'), data('\x7fELF\x01\x01\x01'), data(Buffer.alloc(5000, 7)), eof],
  SFTP,
  [open('session'), exec('scp -t /tmp'), data('C0644 5 file\n'), data('hello'), data('\0'), data('D0755 0 dir\n'), data('E\n'), eof],
  [open('session'), exec('scp -rp -f /etc/passwd'), data('\0'), data('\0'), data('\0'), data('\0'), eof],
  [open('session'), exec('rsync --server -e.LsfxCIvu . /tmp'), data(Buffer.from('1f00000000000000', 'hex')), eof],
  [
    open('session'),
    request('x11-req', (w) => w.boolean(false).string('MIT-MAGIC-COOKIE-1').string('00112233').uint32(0)),
    request('auth-agent-req@openssh.com'),
    request('subsystem', (w) => w.string('netconf')),
    request('eow@openssh.com', undefined, false),
    request('exit-status', (w) => w.uint32(0), false),
    shell,
    data('ls\n'),
    eof,
  ],
  [
    open('direct-tcpip', (w) => w.string('mail.example.com').uint32(25).string('127.0.0.1').uint32(4000)),
    data('EHLO x\r\nMAIL FROM:<a@b>\r\n'),
    new WireWriter(Message.CHANNEL_WINDOW_ADJUST).uint32(0).uint32(1000).done(),
    eof,
    close,
  ],
  [
    open('direct-tcpip', (w) => w.string('127.0.0.1').uint32(80).string('::1').uint32(1)),
    data('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    new WireWriter(Message.CHANNEL_EXTENDED_DATA).uint32(0).uint32(1).string('err').done(),
    close,
  ],
  [
    new WireWriter(Message.GLOBAL_REQUEST).string('tcpip-forward').boolean(true).string('').uint32(0).done(),
    new WireWriter(Message.GLOBAL_REQUEST).string('keepalive@openssh.com').boolean(true).done(),
    new WireWriter(Message.GLOBAL_REQUEST).string('cancel-tcpip-forward').boolean(true).string('').uint32(0).done(),
    new WireWriter(Message.GLOBAL_REQUEST).string('streamlocal-forward@openssh.com').boolean(true).string('/tmp/s').done(),
    new WireWriter(Message.GLOBAL_REQUEST).string('hostkeys-prove-00@openssh.com').boolean(true).string('x').done(),
    open('direct-streamlocal@openssh.com', (w) => w.string('/var/run/docker.sock').string('').uint32(0)),
    open('x11', (w) => w.string('127.0.0.1').uint32(6010)),
    open('forwarded-tcpip'),
    new WireWriter(Message.IGNORE).string('x').done(),
    new WireWriter(Message.DEBUG).boolean(true).string('x').string('').done(),
    new WireWriter(Message.UNIMPLEMENTED).uint32(3).done(),
    new WireWriter(Message.USERAUTH_REQUEST).string('root').string('ssh-connection').string('none').done(),
    new WireWriter(Message.SERVICE_REQUEST).string('ssh-userauth').done(),
    new WireWriter(Message.DISCONNECT).uint32(11).string('bye').string('').done(),
  ],
]
