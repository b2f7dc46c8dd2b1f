import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { request } from 'node:http'
import { createConnection, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientChannel } from 'ssh2'

/** Where a server is, and the loopback address that the client comes from. */
export interface Target {
  host: string
  port: number
  from: string
}

/** Waits for an answer of the server and notes how long it took. */
export type Timed = <T>(answer: Promise<T>) => Promise<T>

/** What a client and a server say to each other in one session. It rejects when the server breaks off or says something else. */
export interface Conversation {
  /** The lure of ours that holds it. */
  lure: string
  options?: Record<string, unknown>
  transport: 'tcp' | 'udp'
  /** Sessions at once. */
  lanes: number
  /** How long sessions are begun. */
  seconds: number
  /** Whether the server asks a model. */
  model?: boolean
  session: (target: Target, timed: Timed) => Promise<void>
}

const ANSWER_WITHIN_MS = 20_000
/** Accepted by our lure on loopback, by Cowrie's own list, and by Beelzebub's example. */
const LOGIN = { username: 'root', password: 'hunter2' }
const HOLD_MS = 30_000

/** What most bots send after a login. */
const COMMANDS = ['uname -a', 'cat /proc/cpuinfo | grep name | wc -l', 'free -m | grep Mem', 'ls -la /tmp', 'id']
/** No code of ours knows it, so that a model is asked. */
const UNKNOWN_COMMAND = 'debconf-show tzdata'
/** What the model of the bench says to it. */
export const MODEL_SAYS = '* tzdata/Areas: Europe'

/** The end of a shell's prompt, with the mark by which bash switches a terminal to bracketed paste. */
const PROMPT = /[#$] (\x1b\[\?2004h)?$/

const usual = { transport: 'tcp', lanes: 8, seconds: 10 } as const

/** By the word that a file of peers has in `talks`. */
export const conversations: Readonly<Record<string, Conversation>> = {
  ssh: { ...usual, lure: 'ssh', session: (target, timed) => ssh(target, timed, COMMANDS) },
  'ssh-typed': { ...usual, lure: 'ssh', session: typed },
  'ssh-model': { ...usual, lure: 'ssh', model: true, session: (target, timed) => ssh(target, timed, [...COMMANDS, UNKNOWN_COMMAND]) },
  telnet: { ...usual, lure: 'telnet', options: { delays: false }, session: telnet },
  ftp: { ...usual, lure: 'ftp', session: (target, timed) => lines(target, timed, ['USER bob', 'PASS hunter2'], /^\d{3} .*\r\n$/m) },
  pop3: {
    ...usual,
    lure: 'pop3',
    options: { delays: false },
    session: (target, timed) => lines(target, timed, ['USER bob', 'PASS hunter2'], /^(\+OK|-ERR).*\r\n$/),
  },
  http: { ...usual, lure: 'http', session: http },
  modbus: { ...usual, lure: 'modbus', session: modbus },
  s7: { ...usual, lure: 's7', session: s7 },
  snmp: { ...usual, transport: 'udp', lure: 'snmp', session: snmp },
  /** Clients that wait for the name of a server which never says it. */
  tarpit: { transport: 'tcp', lanes: 1000, seconds: 1, lure: 'ssh-tarpit', session: tarpit },
}

/** Login and one channel for each command. */
async function ssh({ host, port, from }: Target, timed: Timed, commands: readonly string[]): Promise<void> {
  const client = new Client()
  // ssh2 writes a packet in three pieces, of which Nagle's algorithm would make 40 ms.
  const sock = createConnection({ host, port, localAddress: from, noDelay: true })
  client.connect({ sock, ...LOGIN, readyTimeout: ANSWER_WITHIN_MS })
  await timed(once(client, 'ready'))
  client.on('error', () => undefined)
  for (const command of commands) {
    const said = await timed(execute(client, command))
    if (said.trim() === '') throw new Error(`nothing to ${command}`)
    if (command === UNKNOWN_COMMAND && !said.includes(MODEL_SAYS)) throw new Error(`not what the model says: ${said.slice(0, 80)}`)
  }
  client.end()
}

function execute(client: Client, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      client.destroy()
      reject(new Error(`no answer to ${command}`))
    }, ANSWER_WITHIN_MS)
    client.once('close', reject)
    client.exec(command, (error: Error | undefined, channel: ClientChannel) => {
      if (error) {
        clearTimeout(timer)
        return reject(error)
      }
      let said = ''
      channel.on('data', (chunk: Buffer) => {
        said += chunk
      })
      channel.stderr.resume()
      channel.once('close', () => {
        clearTimeout(timer)
        client.removeListener('close', reject)
        resolve(said)
      })
    })
  })
}

/** Login and one terminal, into which the commands are typed one after the other. */
async function typed({ host, port, from }: Target, timed: Timed): Promise<void> {
  const client = new Client()
  const sock = createConnection({ host, port, localAddress: from, noDelay: true })
  client.connect({ sock, ...LOGIN, readyTimeout: ANSWER_WITHIN_MS })
  await timed(once(client, 'ready'))
  client.on('error', () => undefined)
  const terminal = await new Promise<ClientChannel>((resolve, reject) => {
    client.shell((error: Error | undefined, channel: ClientChannel) => (error ? reject(error) : resolve(channel)))
  })
  try {
    await timed(atPrompt(terminal))
    for (const command of COMMANDS) {
      const said = atPrompt(terminal)
      terminal.write(`${command}\r`)
      const lines = (await timed(said)).split('\n')
      // The echo and the prompt are no answer.
      if (lines.slice(1, -1).join('').trim() === '') throw new Error(`nothing to ${command}`)
    }
  } finally {
    client.end()
  }
}

/** What a terminal shows until a shell asks for the next line. */
function atPrompt(terminal: ClientChannel): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const end = (): void => {
      clearTimeout(timer)
      terminal.off('data', hear)
      terminal.off('close', closed)
    }
    const hear = (chunk: Buffer): void => {
      said += chunk
      if (!PROMPT.test(said.slice(-64))) return
      end()
      resolve(said)
    }
    const closed = (): void => {
      end()
      reject(new Error(`the terminal closed after ${JSON.stringify(said.slice(-80))}`))
    }
    const timer = setTimeout(closed, ANSWER_WITHIN_MS)
    terminal.on('data', hear)
    terminal.on('close', closed)
  })
}

/** One login, until the server says whatever it says to it. */
async function telnet(target: Target, timed: Timed): Promise<void> {
  const wire = await Wire.open(target, refuseOptions)
  await timed(wire.until((text) => /(login|username): *$/i.test(text)))
  wire.write(`${LOGIN.username}\r\n`)
  await timed(wire.until((text) => /password: *$/i.test(text)))
  wire.write(`${LOGIN.password}\r\n`)
  // The end of the line is echoed first.
  await timed(wire.until((text) => text.trim().length > 2))
  wire.close()
}

const [IAC, DONT, DO, WONT, WILL] = [255, 254, 253, 252, 251]

/** The answer of a client without telnet options; some daemons ask for a name only when each option has been answered. */
function refuseOptions(bytes: Buffer): Buffer {
  const refused: number[] = []
  for (let at = bytes.indexOf(IAC); at >= 0; at = bytes.indexOf(IAC, at + 2)) {
    const [, verb, option] = bytes.subarray(at, at + 3)
    if (option === undefined) break
    if (verb === DO) refused.push(IAC, WONT, option)
    else if (verb === WILL) refused.push(IAC, DONT, option)
  }
  return Buffer.from(refused)
}

/** A greeting and one answer to each line. */
async function lines(target: Target, timed: Timed, said: readonly string[], answer: RegExp): Promise<void> {
  const wire = await Wire.open(target)
  await timed(wire.until((text) => answer.test(text)))
  for (const line of said) {
    wire.write(`${line}\r\n`)
    await timed(wire.until((text) => answer.test(text)))
  }
  wire.close()
}

/** Three pages, each over a connection of its own, as most scanners ask. */
async function http({ host, port, from }: Target, timed: Timed): Promise<void> {
  for (const path of ['/', '/index.html', '/wp-login.php']) {
    const ask = async (): Promise<void> => {
      const sent = request({ host, port, path, localAddress: from, agent: false, timeout: ANSWER_WITHIN_MS }).end()
      const [response] = await once(sent, 'response')
      response.resume()
      await once(response, 'end')
    }
    await timed(ask())
  }
}

/** Five times eight coils. */
async function modbus(target: Target, timed: Timed): Promise<void> {
  const wire = await Wire.open(target)
  for (let n = 1; n <= 5; n++) {
    wire.write(Buffer.from([0, n, 0, 0, 0, 6, 1, 1, 0, 1, 0, 8]))
    await timed(wire.until((_, bytes) => bytes.length >= 6 && bytes.length >= 6 + bytes.readUInt16BE(4)))
  }
  wire.close()
}

/** Connect, set up, and one list of the module's identification (SZL 0x0011). */
const S7_REQUESTS = [
  '0300001611e00000000100c0010ac1020100c2020102',
  '0300001902f08032010000000000080000f0000001000101e0',
  '0300002102f080320700000100000800080001120411440100ff09000400110000',
].map((hex) => Buffer.from(hex, 'hex'))

async function s7(target: Target, timed: Timed): Promise<void> {
  const wire = await Wire.open(target)
  for (const message of S7_REQUESTS) {
    wire.write(message)
    await timed(wire.until((_, bytes) => bytes.length >= 4 && bytes.length >= bytes.readUInt16BE(2)))
  }
  wire.close()
}

/** SNMPv2c `get` of sysDescr.0 in the community `public`. */
const SNMP_GET = Buffer.from('302902010104067075626c6963a01c020400000001020100020100300e300c06082b060102010101000500', 'hex')

async function snmp({ host, port, from }: Target, timed: Timed): Promise<void> {
  const socket = createSocket('udp4')
  try {
    socket.bind(0, from)
    await once(socket, 'listening')
    for (let n = 0; n < 5; n++) await timed(untilAnswered(socket, () => socket.send(SNMP_GET, port, host)))
  } finally {
    socket.close()
  }
}

/** Asks again as net-snmp does: a server may refuse datagrams, of too many new addresses at once for example. */
async function untilAnswered(socket: DatagramSocket, ask: () => void): Promise<void> {
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
  ask()
  const again = setInterval(ask, 1_000)
  await answered.finally(() => clearInterval(again))
}

/** Says who it is, and waits. */
async function tarpit(target: Target, timed: Timed): Promise<void> {
  const wire = await Wire.open(target)
  const until = sleep(HOLD_MS)
  wire.write('SSH-2.0-Go\r\n')
  await timed(wire.until((text) => text.length > 0))
  await until
  if (wire.isClosed) throw new Error('let go')
  wire.close()
}

/** A TCP connection that is read answer by answer. */
class Wire {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #look: () => void = () => undefined

  private constructor(socket: Socket, reply: ((bytes: Buffer) => Buffer) | undefined) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      if (reply) socket.write(reply(chunk))
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#look()
    })
    socket.on('error', () => this.#look())
    socket.on('close', () => this.#look())
  }

  /** @param reply what is said at once to a piece that has come */
  static async open({ host, port, from }: Target, reply?: (bytes: Buffer) => Buffer): Promise<Wire> {
    const socket = createConnection({ host, port, localAddress: from, noDelay: true })
    await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    return new Wire(socket, reply)
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded
  }

  write(data: string | Buffer): void {
    this.#socket.write(data)
  }

  /** Waits until what has come since the last answer is whole. */
  until(isWhole: (text: string, bytes: Buffer) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = (error?: Error): void => {
        clearTimeout(timer)
        this.#look = () => undefined
        this.#bytes = Buffer.alloc(0)
        if (error) reject(error)
        else resolve()
      }
      const timer = setTimeout(() => over(new Error('no answer')), ANSWER_WITHIN_MS)
      this.#look = () => {
        if (isWhole(this.#bytes.toString('latin1'), this.#bytes)) over()
        else if (this.isClosed) over(new Error('closed'))
      }
      this.#look()
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
