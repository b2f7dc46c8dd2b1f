import { createSocket } from 'node:dgram'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { Addresses } from '../../src/broker/addresses.ts'
import { type Brought, carryOut, type Job, type JobDesk } from '../../src/broker/job.ts'
import { Hour } from '../../src/broker/meter.ts'
import { type Resolve, Router } from '../../src/broker/route.ts'
import { Broker } from '../../src/config/broker.ts'
import { encodeEntry, encodeMessage, encodeResult, OP, parseMessage, parseSearch } from '../../src/emulators/ldap/codec.ts'
import { element } from '../../src/sensor/ber.ts'

/** What attackers run, as far as a broker can tell. All of it listens on loopback. */

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

export async function webServer(listener: RequestListener): Promise<{ port: number; asked: string[]; heads: string[][] }> {
  const asked: string[] = []
  const heads: string[][] = []
  const port = await listening(
    createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      heads.push(request.rawHeaders)
      listener(request, response)
    }),
  )
  return { port, asked, heads }
}

type Attributes = readonly (readonly [string, readonly (string | Buffer)[]])[]

/** Answers every search with one entry. */
export async function ldapServer(attributes: Attributes): Promise<{ port: number; names: string[] }> {
  const names: string[] = []
  const port = await tcpServer((socket) => {
    let held = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk])
      while (held.length > 2 && held.length >= 2 + (held[1] ?? 0)) {
        const { content, end } = element(held, 0)
        held = held.subarray(end)
        const { id, op, content: said } = parseMessage(content)
        if (op === OP.bind) socket.write(encodeMessage(id, encodeResult(OP.bound, { code: 0 })))
        if (op === OP.search) {
          names.push(parseSearch(said).base.toString())
          socket.write(encodeMessage(id, encodeEntry(names.at(-1) ?? '', attributes)))
          socket.write(encodeMessage(id, encodeResult(OP.done, { code: 0 })))
        }
      }
    })
  })
  return { port, names }
}

/** What marshalsec and its like answer: a class in a code base. */
export const reference = (...codeBases: string[]): Attributes => [
  ['objectClass', ['javaNamingReference']],
  ['javaClassName', ['foo']],
  ['javaCodeBase', [codeBases.join(' ')]],
  ['javaFactory', ['Exploit']],
]

export async function tcpServer(onConnection: (socket: Socket) => void): Promise<number> {
  return listening(createTcpServer(onConnection))
}

/** A server of one file. @param address the one that it names for data connections */
export async function ftpServer(file: Buffer, { address = '127,0,0,1', dataPort = undefined as number | undefined } = {}) {
  const said: string[] = []
  let give = (): void => undefined
  const data = await tcpServer((socket) => {
    give = () => socket.end(file)
  })
  const told = dataPort ?? data
  const replies: Record<string, string> = {
    USER: '331 a password, please',
    PASS: '230-hello\r\n there\r\n230 in',
    TYPE: '200 binary',
    PASV: `227 Entering Passive Mode (${address},${told >> 8},${told & 0xff})`,
    RETR: '150 here it comes',
  }
  const port = await tcpServer((socket) => {
    socket.write('220-this is\r\n220 a server\r\n')
    socket.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\r\n').filter(Boolean)) {
        said.push(line)
        socket.write(`${replies[line.slice(0, 4)] ?? '502 what?'}\r\n`)
        if (line.startsWith('RETR')) setImmediate(() => give())
      }
    })
  })
  return { port, said }
}

/** A server of one file, which answers from a port of its own. Somebody else puts in a word before each of its blocks but the first. */
export async function tftpServer(file: Buffer): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const [door, transfer, stranger] = [createSocket('udp4'), createSocket('udp4'), createSocket('udp4')]
  const block = (number: number): Buffer =>
    Buffer.concat([Buffer.from([0, 3, number >> 8, number & 0xff]), file.subarray((number - 1) * 512, number * 512)])
  door.on('message', (message, from) => {
    asked.push(message.subarray(2).toString('latin1'))
    transfer.send(block(1), from.port, from.address)
  })
  transfer.on('message', (message, from) => {
    const next = message.readUInt16BE(2) + 1
    stranger.send(Buffer.from([0, 3, next >> 8, next & 0xff, 0x21]), from.port, from.address)
    if ((next - 1) * 512 <= file.length) transfer.send(block(next), from.port, from.address)
  })
  for (const socket of [door, transfer, stranger]) await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    door.close()
    transfer.close()
    stranger.close()
  })
  return { port: door.address().port, asked }
}

/** A broker's insides. Nothing has a name unless `resolve` gives it one. */
export function jobDesk(given: { allow?: string[]; ports?: number[]; limits?: Record<string, number>; resolve?: Resolve } = {}): JobDesk {
  const { allow, deny, ports, limits } = Broker.parse({
    allow: given.allow ?? ['127.0.0.1'],
    ports: given.ports ?? [],
    limits: given.limits ?? {},
  })
  const hour = new Hour(limits)
  const addresses = new Addresses({ allow, deny, ports }, () => new Set())
  return { limits, hour, router: new Router(addresses, hour, given.resolve ?? (async () => [])) }
}

export function work(target: string, desk: JobDesk, job: Partial<Job> = {}): Promise<Brought> {
  const whole = { id: '1', how: 'jndi', target, maxBytes: 10 * 1024 * 1024, ...job }
  return carryOut(whole, desk, AbortSignal.timeout(20_000))
}

/** `kept http://…`, `refused http://…: why` */
export function trail({ urls }: Brought): string[] {
  return urls.map(({ url, outcome, reason }) => `${outcome} ${url}${reason === undefined ? '' : `: ${reason}`}`)
}
