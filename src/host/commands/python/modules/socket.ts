import { evidence } from '../../../../events/bytes.ts'
import { OpenFile } from '../../../process/open-file.ts'
import { connect, isAddress, noteIndicator, resolve } from '../../net/target.ts'
import { index } from '../builtins/functions.ts'
import { descriptorBacking } from '../builtins/open.ts'
import { PyFile } from '../file.ts'
import type { Machine } from '../machine.ts'
import { asFloat, asInteger } from '../operators.ts'
import { osError } from '../os-error.ts'
import { define, functions, methods } from '../signature.ts'
import { FILES, getter } from '../types/others.ts'
import { bytes, exceptionClass, list, raise, T, tuple, typeError, typeName } from '../types.ts'
import { PyBytes, PyClass, PyInstance, PyList, PyTuple, type Value } from '../value.ts'

const CONSTANTS = {
  AF_UNSPEC: 0,
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  AF_PACKET: 17,
  AF_NETLINK: 16,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_NONBLOCK: 2048,
  SOCK_CLOEXEC: 524288,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_ERROR: 4,
  SO_BROADCAST: 6,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_RCVTIMEO: 20,
  SO_SNDTIMEO: 21,
  SO_BINDTODEVICE: 25,
  IPPROTO_IP: 0,
  IPPROTO_ICMP: 1,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
  IPPROTO_RAW: 255,
  IPPROTO_IPV6: 41,
  TCP_NODELAY: 1,
  IP_HDRINCL: 3,
  IP_TTL: 2,
  IP_ADD_MEMBERSHIP: 35,
  IP_MULTICAST_TTL: 33,
  SHUT_RD: 0,
  SHUT_WR: 1,
  SHUT_RDWR: 2,
  SOMAXCONN: 4096,
  MSG_PEEK: 2,
  MSG_DONTWAIT: 64,
  INADDR_ANY: 0,
  AI_PASSIVE: 1,
  AI_CANONNAME: 2,
  EAI_NONAME: -2,
  NI_NUMERICHOST: 1,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  has_ipv6: 1,
} as const
/** Longest that a listener waits in one go. */
const LISTEN_SLICE_MS = 60_000
/** What a peer of the outside answers: nothing, and then it hangs up. */
const PEER_HANGS_UP_MS = 400

/** The file descriptor of a socket: what is written to it is kept, what is read from it ends. */
class SocketFile extends OpenFile {
  readonly name = 'socket:[31337]'
  readonly sent: (bytes: Uint8Array) => void
  readonly wait: () => Promise<void>

  constructor(sent: (bytes: Uint8Array) => void, wait: () => Promise<void>) {
    super()
    this.sent = sent
    this.wait = wait
  }

  protected override async take(): Promise<Uint8Array | undefined> {
    await this.wait()
    return undefined
  }

  override async write(data: Uint8Array): Promise<void> {
    this.sent(data)
  }
}

class Socket extends PyInstance {
  fd = -1
  family = 2n
  kind = 1n
  timeout: number | null = null
  peer: { address: string; port: number } | undefined
  bound: { address: string; port: number } | undefined
}

function gaiError(m: Machine, code: number, message: string): Error {
  return raise(m.modules.get('socket')?.attributes.get('gaierror') as PyClass, BigInt(code), message)
}

function failed(reach: { failure: 'unknown' | 'unreachable' }, m: Machine): Error {
  return reach.failure === 'unreachable'
    ? gaiError(m, -3, 'Temporary failure in name resolution')
    : gaiError(m, -2, 'Name or service not known')
}

async function lookUp(m: Machine, host: string): Promise<string> {
  if (host === '') return '0.0.0.0'
  if (!isAddress(host)) noteIndicator(m.process, 'host', host, 'python')
  const found = await resolve(m.process, host)
  if ('failure' in found) throw failed(found, m)
  return found.address
}

function addressOf(value: Value): { host: string; port: number } {
  const items = value instanceof PyTuple ? value.items : undefined
  if (!items) throw typeError(`connect(): AF_INET address must be tuple, not ${typeName(value)}`)
  const [host, port] = items
  const number = port === undefined ? undefined : asInteger(port)
  if (typeof host !== 'string' && !(host instanceof PyBytes))
    throw typeError(`connect(): host must be str, bytes or bytearray, not ${typeName(host ?? null)}`)
  if (number === undefined) throw typeError(`'${typeName(port ?? null)}' object cannot be interpreted as an integer`)
  if (number < 0n || number > 65_535n) throw raise('OverflowError', 'connect(): port must be 0-65535.')
  return { host: typeof host === 'string' ? host : host.data.toString(), port: Number(number) }
}

/** What connect(2) meets: the persona's network, exactly as for every other program. */
async function dial(m: Machine, socket: Socket, target: Value): Promise<Value> {
  demandOpen(socket)
  if (socket.family === 1n && (typeof target === 'string' || target instanceof PyBytes))
    throw osError('ENOENT', 'No such file or directory')
  const { host, port } = addressOf(target)
  noteIndicator(m.process, 'host', `${host}:${port}`, 'python socket')
  const address = await lookUp(m, host)
  const udp = socket.kind === 2n
  if (!udp) {
    const started = m.process.world.now()
    const reach = await timed(m, socket, connect(m.process, address, port))
    void started
    if (reach.state === 'refused') throw osError('ECONNREFUSED', 'Connection refused')
    if (reach.state === 'unreachable') throw osError('EHOSTUNREACH', 'No route to host')
    if (reach.state === 'timeout') throw osError('ETIMEDOUT', 'Connection timed out')
  }
  socket.peer = { address, port }
  return null
}

async function timed<R>(m: Machine, socket: Socket, work: Promise<R>): Promise<R> {
  if (socket.timeout === null || socket.timeout <= 0) return work
  const late = Symbol('late')
  const first = await Promise.race([work, m.process.sleep(socket.timeout * 1000).then(() => late)])
  if (first === late) throw raise('TimeoutError', 'timed out')
  return first as R
}

function demandOpen(socket: Socket): void {
  if (socket.fd < 0) throw osError('EBADF', 'Bad file descriptor')
}

function demandPeer(socket: Socket): { address: string; port: number } {
  demandOpen(socket)
  if (!socket.peer)
    throw socket.kind === 2n
      ? osError('EDESTADDRREQ', 'Destination address required')
      : osError('ENOTCONN', 'Transport endpoint is not connected')
  return socket.peer
}

function sent(m: Machine, socket: Socket, data: Value): Value {
  const peer = demandPeer(socket)
  if (!(data instanceof PyBytes)) throw typeError(`a bytes-like object is required, not '${typeName(data)}'`)
  if (data.data.length > 0)
    m.process.recorder.capture(data.data.subarray(0, 1024 * 1024), { how: 'python socket', name: evidence(`${peer.address}:${peer.port}`) })
  return BigInt(data.data.length)
}

async function receive(m: Machine, socket: Socket): Promise<Value> {
  demandPeer(socket)
  if (socket.kind === 2n) {
    if (socket.timeout !== null) {
      await m.process.sleep(socket.timeout * 1000)
      throw raise('TimeoutError', 'timed out')
    }
    for (;;) await m.process.sleep(LISTEN_SLICE_MS)
  }
  await m.process.sleep(PEER_HANGS_UP_MS)
  return bytes('')
}

async function accept(m: Machine, socket: Socket): Promise<Value> {
  demandOpen(socket)
  if (socket.timeout !== null) {
    await m.process.sleep(socket.timeout * 1000)
    throw socket.timeout === 0 ? osError('EAGAIN', 'Resource temporarily unavailable') : raise('TimeoutError', 'timed out')
  }
  for (;;) await m.process.sleep(LISTEN_SLICE_MS)
}

function named(address: { address: string; port: number } | undefined): Value {
  return tuple(address?.address ?? '0.0.0.0', BigInt(address?.port ?? 0))
}

function open(m: Machine, socket: Socket): void {
  const { descriptors } = m.process
  socket.fd = descriptors.free(3)
  descriptors.set(
    socket.fd,
    new SocketFile(
      (data) => void sent(m, socket, bytes(data)),
      async () => {
        await m.process.sleep(PEER_HANGS_UP_MS)
      },
    ),
  )
}

function socketClass(m: Machine): PyClass {
  const cls = new PyClass('socket', [T.object], new Map(), true, T.type)
  cls.module = 'socket'
  cls.make = (machine, own, args, keywords) =>
    define('socket', 'family=, type=, proto=, fileno=', (_m, family: Value | undefined, kind: Value | undefined) => {
      const made = new Socket(own)
      made.family = family === undefined || family === -1n ? 2n : index(family)
      made.kind = kind === undefined || kind === -1n ? 1n : index(kind) & 15n
      if (made.kind === 3n && machine.process.uid !== 0) throw osError('EPERM', 'Operation not permitted')
      made.timeout = (machine.modules.get('socket')?.attributes.get('_timeout') as number | undefined) ?? null
      open(machine, made)
      return made
    }).native(machine, args, keywords)
  methods(cls, {
    connect: ['self, address', (_m, self: Socket, target: Value) => dial(m, self, target)],
    connect_ex: [
      'self, address',
      async (_m, self: Socket, target: Value) => {
        try {
          await dial(m, self, target)
          return 0n
        } catch (error) {
          const raised = m.asRaised(error)
          const number = raised?.exception.args[0]
          if (typeof number === 'bigint' && number > 0n) return number
          if (raised?.exception.cls.name === 'TimeoutError') return 11n
          throw error
        }
      },
    ],
    bind: [
      'self, address',
      (_m, self: Socket, target: Value) => {
        demandOpen(self)
        const { host, port } = addressOf(target)
        if (port < 1024 && port > 0 && m.process.uid !== 0) throw osError('EACCES', 'Permission denied')
        self.bound = { address: host === '' ? '0.0.0.0' : host, port: port === 0 ? 40_000 + Math.floor(Math.random() * 20_000) : port }
        return null
      },
    ],
    listen: [
      'self, backlog=',
      (_m, self: Socket) => {
        demandOpen(self)
        noteIndicator(m.process, 'host', `listen:${self.bound?.port ?? 0}`, 'python listen')
        return null
      },
    ],
    accept: ['self', (_m, self: Socket) => accept(m, self)],
    send: ['self, data, flags=', (_m, self: Socket, data: Value) => sent(m, self, data)],
    sendall: [
      'self, data, flags=',
      (_m, self: Socket, data: Value) => {
        sent(m, self, data)
        return null
      },
    ],
    sendto: [
      'self, data, *args',
      async (_m, self: Socket, data: Value, args: Value[]) => {
        const { host, port } = addressOf(args.at(-1) ?? null)
        noteIndicator(m.process, 'host', `${host}:${port}`, 'python socket')
        const address = await lookUp(m, host)
        const before = self.peer
        self.peer = { address, port }
        const result = sent(m, self, data)
        self.peer = before
        return result
      },
    ],
    recv: ['self, bufsize, flags=', (_m, self: Socket) => receive(m, self)],
    recvfrom: [
      'self, bufsize, flags=',
      async (_m, self: Socket) =>
        tuple(
          await receive(m, {
            ...self,
            peer: self.peer ?? { address: '', port: 0 },
            fd: self.fd,
            kind: self.kind,
            timeout: self.timeout,
          } as Socket),
          named(self.peer),
        ),
    ],
    close: [
      'self',
      (_m, self: Socket) => {
        if (self.fd >= 0) m.process.descriptors.close(self.fd)
        self.fd = -1
        return null
      },
    ],
    detach: ['self', (_m, self: Socket) => BigInt(self.fd)],
    shutdown: [
      'self, how',
      (_m, self: Socket) => {
        demandPeer(self)
        return null
      },
    ],
    fileno: ['self', (_m, self: Socket) => BigInt(self.fd)],
    settimeout: [
      'self, value',
      (_m, self: Socket, seconds: Value) => {
        self.timeout = seconds === null ? null : (asFloat(seconds) ?? null)
        return null
      },
    ],
    gettimeout: ['self', (_m, self: Socket) => self.timeout],
    setblocking: [
      'self, flag',
      (_m, self: Socket, flag: Value) => {
        self.timeout = flag === true || flag === 1n ? null : 0
        return null
      },
    ],
    setsockopt: ['self, *args', () => null],
    getsockopt: ['self, *args', () => 0n],
    ioctl: ['self, *args', () => null],
    getsockname: ['self', (_m, self: Socket) => named(self.bound)],
    getpeername: ['self', (_m, self: Socket) => named(demandPeer(self))],
    makefile: [
      'self, mode=, *args, **kw',
      (_m, self: Socket, mode: Value | undefined) =>
        new PyFile(m, String(mode ?? 'r').includes('b') ? FILES.reader : FILES.text, {
          name: `<fd:${self.fd}>`,
          mode: String(mode ?? 'r'),
          backing: descriptorBacking(m.process, self.fd),
        }),
    ],
    __enter__: ['self', (_m, self: Socket) => self],
    __exit__: [
      'self, *args',
      (_m, self: Socket) => {
        if (self.fd >= 0) m.process.descriptors.close(self.fd)
        self.fd = -1
        return null
      },
    ],
    __repr__: [
      'self',
      (_m, self: Socket) =>
        self.fd < 0
          ? `<socket.socket [closed] fd=-1, family=2, type=${self.kind}, proto=0>`
          : `<socket.socket fd=${self.fd}, family=${self.family}, type=${self.kind}, proto=0, laddr=('0.0.0.0', 0)>`,
    ],
  })
  getter(cls, 'family', (self: Socket) => self.family)
  getter(cls, 'type', (self: Socket) => self.kind)
  getter(cls, 'proto', () => 0n)
  return cls
}

function packAddress(host: Value): Value {
  const parts = String(host).split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    throw raise('OSError', 'illegal IP address string passed to inet_aton')
  return bytes(Buffer.from(parts.map(Number)))
}

const SERVICES: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  pop3: 110,
  imap: 143,
  https: 443,
  mysql: 3306,
  postgresql: 5432,
}

export function* socketModule(m: Machine): Iterable<readonly [string, Value]> {
  for (const [name, value] of Object.entries(CONSTANTS)) yield [name, BigInt(value)]
  const cls = socketClass(m)
  yield ['socket', cls]
  yield ['SocketType', cls]
  yield ['error', exceptionClass('OSError')]
  yield ['timeout', exceptionClass('TimeoutError')]
  for (const name of ['gaierror', 'herror']) {
    const error = new PyClass(name, [exceptionClass('OSError')], new Map(), true, T.type)
    error.module = 'socket'
    yield [name, error]
  }
  const swap = (size: number): [string, (machine: Machine, x: bigint) => Value] => [
    'x',
    (_m, x) =>
      BigInt(
        `0x${Buffer.from(x.toString(16).padStart(size * 2, '0'), 'hex')
          .reverse()
          .toString('hex')}`,
      ),
  ]
  yield* functions({
    gethostname: ['', () => m.process.world.hostname],
    sethostname: [
      'name',
      (_m, name: Value) => {
        if (m.process.uid !== 0) throw osError('EPERM', 'Operation not permitted')
        m.process.world.hostname = String(name).slice(0, 64)
        return null
      },
    ],
    gethostbyname: ['host', (_m, host: Value) => lookUp(m, String(host))],
    gethostbyname_ex: ['host', async (_m, host: Value) => tuple(host, list([]), list([await lookUp(m, String(host))]))],
    htons: swap(2),
    ntohs: swap(2),
    htonl: swap(4),
    ntohl: swap(4),
    inet_aton: ['ip', (_m, host: Value) => packAddress(host)],
    inet_ntoa: ['packed', (_m, packed: PyBytes) => [...packed.data].join('.')],
    inet_pton: ['family, ip', (_m, _family: Value, host: Value) => packAddress(host)],
    inet_ntop: ['family, packed', (_m, _family: Value, packed: PyBytes) => [...packed.data].join('.')],
    getservbyname: [
      'name, proto=',
      (_m, name: Value) => {
        const port = SERVICES[String(name)]
        if (port === undefined) throw raise('OSError', 'service/proto not found')
        return BigInt(port)
      },
    ],
    getservbyport: [
      'port, proto=',
      (_m, port: bigint) => {
        const found = Object.entries(SERVICES).find(([, number]) => number === Number(port))
        if (!found) throw raise('OSError', 'port/proto not found')
        return found[0]
      },
    ],
    getdefaulttimeout: ['', () => m.modules.get('socket')?.attributes.get('_timeout') ?? null],
    setdefaulttimeout: [
      'timeout',
      (_m, seconds: Value) => {
        m.modules.get('socket')?.attributes.set('_timeout', seconds === null ? null : (asFloat(seconds) ?? null))
        return null
      },
    ],
    if_nameindex: ['', () => list([tuple(1n, 'lo'), tuple(2n, 'eth0')])],
    socketpair: ['*args', () => tuple(new Socket(cls), new Socket(cls))],
  })
  yield* functions(
    {
      getfqdn: ['name=', () => m.process.world.hostname],
      getaddrinfo: [
        'host, port, family=, type=, proto=, flags=',
        async (_m, host: Value, port: Value) => {
          const address = await lookUp(m, String(host ?? 'localhost'))
          const number = typeof port === 'string' ? BigInt(SERVICES[port] ?? (Number(port) || 0)) : (port ?? 0n)
          return list([
            tuple(2n, 1n, 6n, '', tuple(address, number)),
            tuple(2n, 2n, 17n, '', tuple(address, number)),
            tuple(2n, 3n, 0n, '', tuple(address, number)),
          ])
        },
      ],
      create_connection: [
        'address, timeout=, source_address=',
        async (machine, target: Value, timeout: Value | undefined) => {
          const made = new Socket(cls)
          open(machine, made)
          made.timeout = timeout === undefined || timeout === null ? null : (asFloat(timeout) ?? null)
          await dial(machine, made, target instanceof PyList ? tuple(...target.items) : target)
          return made
        },
      ],
    },
    'py:socket',
  )
}
