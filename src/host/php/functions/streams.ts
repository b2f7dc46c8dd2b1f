import { HostError } from '../../contract.ts'
import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { PhpArray, PhpResource, type Ref, textOf, toInt, type Value } from '../value.ts'
import { splitCsv } from './csv.ts'
import { contentOf, filesOf, pathOf, tried } from './files.ts'
import type { Native, Natives } from './native.ts'
import { command } from './system.ts'

/** An open file: its bytes as they were when it was opened, or where to what is written goes. */
interface Stream {
  text: string
  at: number
  path?: string
  prints?: 'out' | 'error'
  mode: string
  waits?: boolean
  names?: string[]
}
const streams = new WeakMap<PhpResource, Stream>()
const MOST_OPEN = 200

const s = (value: Value | undefined): string => (value === undefined || value === null ? '' : textOf(value))
const n = (value: Value | undefined, preset = 0): number => (value === undefined || value === null ? preset : Number(toInt(value)))

function opened(php: Php, stream: Stream, kind = 'stream'): PhpResource {
  if (php.resources.size > MOST_OPEN) php.fail('Error', 'Too many open files')
  const resource = new PhpResource(kind, php.resourceNumber++)
  php.resources.set(resource.id, resource)
  streams.set(resource, stream)
  return resource
}

function streamOf(php: Php, name: string, value: Value | undefined): Stream {
  if (!(value instanceof PhpResource))
    return php.fail(
      'TypeError',
      `${name}(): Argument #1 ($stream) must be of type resource, ${value === false ? 'bool' : value === null || value === undefined ? 'null' : 'string'} given`,
    )
  if (!value.isOpen) return php.fail('TypeError', `${name}(): supplied resource is not a valid stream resource`)
  const known = streams.get(value)
  if (known) return known
  const made: Stream =
    value.kind === 'stdin'
      ? { text: '', at: 0, mode: 'r', waits: true }
      : { text: '', at: 0, mode: 'w', prints: value.kind === 'stderr' ? 'error' : 'out' }
  streams.set(value, made)
  return made
}

function* open([path, given = 'r']: readonly Value[], php: Php): Steps<Value> {
  const [name, mode] = [s(path), s(given)]
  if (/^php:\/\/(stdin|input)$/i.test(name)) return opened(php, { text: '', at: 0, mode: 'r', waits: true })
  if (/^php:\/\/(stdout|output)$/i.test(name)) return opened(php, { text: '', at: 0, mode: 'w', prints: 'out' })
  if (/^php:\/\/stderr$/i.test(name)) return opened(php, { text: '', at: 0, mode: 'w', prints: 'error' })
  if (/^php:\/\/(memory|temp)/i.test(name)) return opened(php, { text: '', at: 0, mode: 'w+' })
  if (mode.startsWith('r')) {
    const text = yield* contentOf(php, 'fopen', name)
    return text === false ? false : opened(php, { text, at: 0, mode, path: pathOf(php, name) })
  }
  return tried(
    php,
    (reason) => `fopen(${name}): Failed to open stream: ${reason}`,
    () => {
      const full = pathOf(php, name)
      const files = filesOf(php)
      if (mode.startsWith('w')) files.write(full, Buffer.alloc(0))
      else if (mode.startsWith('x') && files.may('r', full)) throw new HostError('EEXIST', 'File exists')
      else files.append(full, Buffer.alloc(0))
      return opened(php, { text: '', at: 0, mode, path: full })
    },
  )
}

function* fill(php: Php, stream: Stream): Steps<void> {
  if (!stream.waits) return
  stream.waits = false
  yield* php.flush()
  stream.text = ((yield php.machine.input?.()) as string | undefined) ?? ''
}

function* put([resource, text, length]: readonly Value[], php: Php): Steps<Value> {
  const stream = streamOf(php, 'fwrite', resource)
  const data = length === undefined || length === null ? s(text) : s(text).slice(0, n(length))
  if (stream.prints === 'error') yield php.machine.complain?.(data)
  else if (stream.prints === 'out') yield* php.print(data)
  else if (stream.path === undefined) {
    stream.text = php.text(stream.text.slice(0, stream.at) + data + stream.text.slice(stream.at + data.length))
    stream.at += data.length
  } else if (stream.mode.startsWith('r') && !stream.mode.includes('+')) {
    php.report('Notice', `fwrite(): Write of ${data.length} bytes failed with errno=9 Bad file descriptor`)
    return false
  } else filesOf(php).append(stream.path, Buffer.from(data, 'latin1'))
  return BigInt(data.length)
}

function* line([resource]: readonly Value[], php: Php): Steps<Value> {
  const stream = streamOf(php, 'fgets', resource)
  yield* fill(php, stream)
  if (stream.at >= stream.text.length) return false
  const end = stream.text.indexOf('\n', stream.at)
  const text = stream.text.slice(stream.at, end < 0 ? undefined : end + 1)
  stream.at += text.length
  return text
}

/** A connection of our own never leaves; the machine says what trying it meets. */
function* dial(php: Php, name: string, host: string, port: number, refs: readonly (Ref | undefined)[], first: number): Steps<Value> {
  const bare = host.replace(/^(tcp|ssl|tls|udp):\/\//, '')
  const at = bare.lastIndexOf(':')
  const [where, number] = port < 0 && at > 0 ? [bare.slice(0, at), Number(bare.slice(at + 1))] : [bare, port]
  const failure = ((yield php.machine.connect?.(where, number)) as string | undefined) ?? 'Connection timed out'
  const code =
    { 'Connection refused': 111n, 'No route to host': 113n, 'Connection timed out': 110n, 'Network is unreachable': 101n }[failure] ?? 0n
  if (refs[first]) refs[first].value = code
  if (refs[first + 1]) (refs[first + 1] as Ref).value = failure
  if (failure.includes('getaddrinfo')) php.warn(`${name}(): ${failure}`)
  php.warn(`${name}(): Unable to connect to ${host}${port >= 0 ? `:${port}` : ''} (${failure})`)
  return false
}

const socket: Native = ([host, port], php, refs) => dial(php, 'fsockopen', s(host), port === undefined ? -1 : n(port), refs, 2)

export const STREAMS: Natives = {
  fopen: open,
  popen: function* ([text], php): Steps<Value> {
    const { output } = yield* command(php, s(text), false)
    return opened(php, { text: output, at: 0, mode: 'r' })
  },
  fclose: ([resource], php) => {
    streamOf(php, 'fclose', resource)
    if (resource instanceof PhpResource) {
      resource.isOpen = false
      php.resources.delete(resource.id)
    }
    return true
  },
  fwrite: put,
  fputs: put,
  fgets: line,
  fgetc: function* ([resource], php): Steps<Value> {
    const stream = streamOf(php, 'fgetc', resource)
    yield* fill(php, stream)
    return stream.at < stream.text.length ? (stream.text[stream.at++] as string) : false
  },
  fread: function* ([resource, length], php): Steps<Value> {
    const stream = streamOf(php, 'fread', resource)
    yield* fill(php, stream)
    const text = stream.text.slice(stream.at, stream.at + Math.max(0, n(length)))
    stream.at += text.length
    return text
  },
  stream_get_contents: function* ([resource], php): Steps<Value> {
    const stream = streamOf(php, 'stream_get_contents', resource)
    yield* fill(php, stream)
    const text = stream.text.slice(stream.at)
    stream.at = stream.text.length
    return text
  },
  fgetcsv: function* ([resource, , by], php): Steps<Value> {
    const text = yield* line([resource as Value], php)
    return text === false ? false : PhpArray.of(splitCsv(textOf(text).replace(/\r?\n$/, ''), s(by) || ','))
  },
  str_getcsv: ([text, by]) => PhpArray.of(splitCsv(s(text), s(by) || ',')),
  feof: function* ([resource], php): Steps<Value> {
    const stream = streamOf(php, 'feof', resource)
    yield* fill(php, stream)
    return stream.at >= stream.text.length
  },
  rewind: ([resource], php) => {
    streamOf(php, 'rewind', resource).at = 0
    return true
  },
  fseek: ([resource, offset], php) => {
    streamOf(php, 'fseek', resource).at = Math.max(0, n(offset))
    return 0n
  },
  ftell: ([resource], php) => BigInt(streamOf(php, 'ftell', resource).at),
  fflush: () => true,
  flock: () => true,
  ftruncate: () => true,
  stream_set_blocking: () => true,
  stream_set_timeout: () => true,
  stream_context_create: (_, php) => opened(php, { text: '', at: 0, mode: 'r' }, 'stream-context'),
  stream_isatty: () => false,
  posix_isatty: () => false,
  fsockopen: socket,
  pfsockopen: socket,
  stream_socket_client: ([address], php, refs) => dial(php, 'stream_socket_client', s(address), -1, refs, 1),
  socket_create: (_, php) => opened(php, { text: '', at: 0, mode: 'r' }, 'Socket'),
  socket_connect: function* ([, host, port], php): Steps<Value> {
    const failure = ((yield php.machine.connect?.(s(host), n(port))) as string | undefined) ?? 'Connection timed out'
    php.warn(
      `socket_connect(): unable to connect [${failure === 'Connection refused' ? 111 : failure === 'No route to host' ? 113 : 110}]: ${failure}`,
    )
    return false
  },
  socket_close: () => null,
  socket_last_error: () => 110n,
  socket_strerror: () => 'Connection timed out',
  opendir: ([path], php) =>
    tried(
      php,
      (reason) => `opendir(${s(path)}): Failed to open directory: ${reason}`,
      () => opened(php, { text: '', at: 0, mode: 'r', names: ['.', '..', ...filesOf(php).list(pathOf(php, path))] }),
    ),
  readdir: ([resource], php) => {
    const stream = streamOf(php, 'readdir', resource)
    return stream.names?.[stream.at++] ?? false
  },
  closedir: () => null,
  readline: function* ([prompt], php): Steps<Value> {
    yield* php.print(s(prompt))
    const stdin = php.resources.get(1)
    const text = stdin ? yield* line([stdin], php) : false
    return text === false ? false : textOf(text).replace(/\n$/, '')
  },
}
