import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Message } from '../../src/ssh/transport/message-numbers.ts'
import { WireReader, WireWriter } from '../../src/ssh/transport/wire.ts'
import { type PlayingSsh, playSsh } from './play-ssh.ts'
import { RawClient, request } from './raw-client.ts'

let ssh: PlayingSsh
beforeAll(async () => {
  ssh = await playSsh()
})
afterAll(() => ssh.stop())

const NAMES = Object.fromEntries(Object.entries(Message).map(([name, number]) => [number, name]))
const USERAUTH = new WireWriter(Message.SERVICE_REQUEST).string('ssh-userauth').done()
const PTY = new WireWriter().string('xterm').uint32(80).uint32(24).uint32(0).uint32(0).string('').done()

/** Message by message what came, an ending by its text. */
function told({ replies, closed }: { replies: Buffer[]; closed: boolean }): string[] {
  const shown = replies.map((reply) => {
    const reader = new WireReader(reply, 1)
    if (reply[0] === Message.DISCONNECT) return `${reader.uint32()}: ${reader.string().toString('latin1')}`
    if (reply[0] === Message.DEBUG) return `${reader.boolean()}: ${reader.string().toString('latin1')}`
    if (reply[0] === Message.CHANNEL_OPEN_FAILURE) return `${reader.uint32()} ${reader.uint32()}: ${reader.name()}`
    return NAMES[reply[0]!] ?? String(reply[0])
  })
  return closed ? [...shown, 'closed'] : shown
}

async function beforeLogin(...messages: Buffer[]): Promise<string[]> {
  const client = await RawClient.open(ssh.port)
  const answers = told(await client.say(...messages))
  client.end()
  return answers
}

async function afterLogin(...messages: Buffer[]): Promise<string[]> {
  const client = await RawClient.login(ssh.port)
  const answers = told(await client.say(...messages))
  client.end()
  return answers
}

const open = (type: string, sender = 0): WireWriter =>
  new WireWriter(Message.CHANNEL_OPEN)
    .string(type)
    .uint32(sender)
    .uint32(2 ** 21)
    .uint32(2 ** 15)
const session = open('session').done()
const ask = (name: string, rest: Buffer = Buffer.alloc(0), channel = 0): Buffer =>
  new WireWriter(Message.CHANNEL_REQUEST).uint32(channel).string(name).boolean(true).raw(rest).done()
const exec = (command: string): Buffer => ask('exec', new WireWriter().string(command).done())
const global = (name: string, rest: Buffer = Buffer.alloc(0), wantReply = true): Buffer =>
  new WireWriter(Message.GLOBAL_REQUEST).string(name).boolean(wantReply).raw(rest).done()
const address = (host: string, port: number): Buffer => new WireWriter().string(host).uint32(port).done()
const numbered = (type: number, channel: number, rest = ''): Buffer => new WireWriter(type).uint32(channel).raw(Buffer.from(rest)).done()
const nul = Buffer.from('a\0b')

// All of these are recorded from sshd 1:9.2p1-2+deb12u10 by the same messages.
describe('OpenSSH before the login', () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url')
  const blob = new WireWriter().string('ssh-ed25519').string(raw).done()
  const offer = (algorithm: string, key: Buffer): WireWriter => request('publickey').boolean(false).string(algorithm).string(key)

  it.each([
    ['a NUL in the name of a service', [new WireWriter(Message.SERVICE_REQUEST).string(nul).done()]],
    ['a NUL in the name of a user', [USERAUTH, request('none', nul).done()]],
    ['a NUL in a method', [USERAUTH, request('no\0ne').done()]],
    ['a NUL in a password', [USERAUTH, request('password').boolean(false).string(nul).done()]],
    ['bytes behind a password', [USERAUTH, request('password').boolean(false).string('x').byte(0).done()]],
    ['bytes behind the first "none"', [USERAUTH, request('none').byte(0).done()]],
    ['bytes behind an offered key', [USERAUTH, offer('ssh-ed25519', blob).byte(0).done()]],
    [
      'a key bound to another host key',
      [USERAUTH, request('publickey-hostbound-v00@openssh.com').boolean(false).string('ssh-ed25519').string(blob).string(blob).done()],
    ],
    ['a DEBUG that is cut', [Buffer.of(Message.DEBUG)]],
    ['an UNIMPLEMENTED that is cut', [Buffer.of(Message.UNIMPLEMENTED)]],
  ])('closes without a word on %s', async (_, messages) => {
    expect((await beforeLogin(...messages)).filter((answer) => answer !== 'SERVICE_ACCEPT')).toEqual(['closed'])
  })

  it.each([
    ['bytes behind a second "none"', [request('none').done(), request('none').byte(0).done()]],
    ['bytes behind a method that is not on offer', [request('keyboard-interactive').byte(0).done()]],
    ['a key that is none', [offer('ssh-ed25519', Buffer.from('abc')).done()]],
    ['a key by the name of another algorithm', [offer('rsa-sha2-512', blob).byte(0).done()]],
    ['an empty password', [request('password').boolean(false).string('').done()]],
    ['a password that is one NUL', [request('password').boolean(false).string(Buffer.of(0)).done()]],
    ['a password longer than 1,024 bytes', [request('password').boolean(false).string('p'.repeat(1025)).done()]],
    ['a change of password', [request('password').boolean(true).string('x').string('new').done()]],
    ['a password for another service', [request('password', 'root', 'foo').boolean(false).string('x').done()]],
  ])('answers %s as any failure', async (_, messages) => {
    expect([...new Set(await beforeLogin(USERAUTH, ...messages))]).toEqual(['SERVICE_ACCEPT', 'USERAUTH_FAILURE'])
  })

  it('takes no new key exchange, and no extensions of who has not announced them', async () => {
    const kexInit = Buffer.concat([Buffer.of(Message.KEXINIT), Buffer.alloc(16 + 40 + 5)])
    const extensions = new WireWriter(Message.EXT_INFO).uint32(0).done()
    expect(await beforeLogin(USERAUTH, kexInit, extensions)).toEqual(['SERVICE_ACCEPT', 'UNIMPLEMENTED', 'UNIMPLEMENTED'])
  })

  it('takes what stands behind a colon for a style, which may change', async () => {
    expect(await beforeLogin(USERAUTH, request('none', 'root:a').done(), request('none', 'root:b').done())).toEqual([
      'SERVICE_ACCEPT',
      'USERAUTH_FAILURE',
      'USERAUTH_FAILURE',
    ])
  })

  it('names both users as the bytes that they are, cut to its buffer', async () => {
    const other = request('none', 'b').done()
    expect((await beforeLogin(USERAUTH, request('none', Buffer.of(0x61, 0xff)).done(), other)).at(-2)).toBe(
      '2: Change of username or service not allowed: (a\xff,ssh-connection) -> (b,ssh-connection)',
    )
    expect((await beforeLogin(USERAUTH, request('none', 'a'.repeat(2000)).done(), other)).at(-2)).toHaveLength('2: '.length + 1023)
  })
})

describe('OpenSSH after the login', () => {
  it.each([
    ['a NUL in the name of a request', [global(nul.toString('latin1'))]],
    ['an address without a port', [global('cancel-tcpip-forward')]],
    ['a NUL in a type of channel', [open('sess\0ion').done()]],
    ['bytes behind the opening of a session', [Buffer.concat([session, Buffer.of(0)])]],
    ['a tunnel of no mode', [open('tun@openssh.com').done()]],
    ['a socket without a path', [open('direct-streamlocal@openssh.com').done()]],
    ['bytes behind a command', [session, Buffer.concat([exec('both'), Buffer.of(0)])]],
    ['a NUL in a command', [session, ask('exec', new WireWriter().string(nul).done())]],
    ['bytes behind a terminal', [session, ask('pty-req', Buffer.concat([PTY, Buffer.of(0)]))]],
    ['a window without its pixels', [session, ask('window-change', Buffer.alloc(8))]],
    ['half an x11-req', [session, ask('x11-req')]],
    ['bytes behind agent forwarding', [session, ask('auth-agent-req@openssh.com', Buffer.of(0))]],
    ['bytes behind a variable', [session, ask('env', new WireWriter().string('LANG').string('C').byte(0).done())]],
    ['a window that overflows', [session, new WireWriter(Message.CHANNEL_WINDOW_ADJUST).uint32(0).uint32(0xffffffff).done()]],
  ])('closes without a word on %s', async (_, messages) => {
    expect((await afterLogin(...messages)).filter((answer) => answer !== 'CHANNEL_OPEN_CONFIRMATION')).toEqual(['closed'])
  })

  it.each([
    ['a confirmation of a channel that is not there', [numbered(91, 5)], 'open confirmation packet referred to nonexistent channel 5'],
    ['a failure to open one', [numbered(92, 5)], 'open failure packet referred to nonexistent channel 5'],
    ['a confirmation of a channel that is open', [session, numbered(91, 0)], 'Received open confirmation for non-opening channel 0.'],
    ['a failure of a channel that is open', [session, numbered(92, 0)], 'Received open failure for non-opening channel 0.'],
    ['data for a number beyond 31 bits', [numbered(94, 0x80000000)], 'Invalid data channel id'],
    ['an end of file without a channel', [Buffer.of(96)], 'Invalid ieof message'],
    ['bytes behind an end of file', [session, numbered(96, 0, 'x')], 'Invalid ieof message'],
    ['bytes behind a close', [session, numbered(97, 0, 'x')], 'Invalid oclose message'],
    ['half a window', [session, numbered(93, 0)], 'Invalid window adjust message'],
    [
      'a request for a number beyond 31 bits',
      [ask('shell', Buffer.alloc(0), 0x80000000)],
      'server_input_channel_req: unknown channel -2147483648',
    ],
    ['a second terminal', [session, ask('pty-req', PTY), ask('pty-req', PTY)], 'Protocol error: you already have a pty.'],
  ])('ends on %s with a reason', async (_, messages, text) => {
    expect((await afterLogin(...messages)).slice(-2)).toEqual([`2: ${text}`, 'closed'])
  })

  it('hears success and failure of channels, and windows for those that are not there, without an answer', async () => {
    const window = new WireWriter(Message.CHANNEL_WINDOW_ADJUST).uint32(5).uint32(1).done()
    expect(await afterLogin(numbered(99, 5), Buffer.of(100), window)).toEqual([])
  })

  it('says why it opens no tunnel', async () => {
    const tunnel = (mode: number): Buffer => open('tun@openssh.com').uint32(mode).uint32(0).done()
    expect(await afterLogin(tunnel(1), tunnel(9))).toEqual([
      'false: Server has rejected tunnel device forwarding',
      '0 2: open failed',
      'false: Unsupported tunnel device mode.',
      '0 2: open failed',
    ])
  })

  it('forwards a port once, none that is in use, and cancels what it forwards', async () => {
    const [forward, cancel] = [
      global('tcpip-forward', address('127.0.0.1', 40001)),
      global('cancel-tcpip-forward', address('127.0.0.1', 40001)),
    ]
    expect(await afterLogin(forward, forward, cancel, cancel)).toEqual([
      'REQUEST_SUCCESS',
      'REQUEST_FAILURE',
      'REQUEST_SUCCESS',
      'REQUEST_FAILURE',
    ])
    expect(await afterLogin(global('tcpip-forward', address('0.0.0.0', 22)))).toEqual(['REQUEST_FAILURE'])
    expect(await afterLogin(global('tcpip-forward', address('', 0), false))).toEqual(['false: Server has disabled port forwarding.'])
  })

  it('proves its RSA key by the best algorithm that the client knows', async () => {
    const proof = async (hostKeyAlgorithm: string): Promise<string> => {
      const client = await RawClient.open(ssh.port, hostKeyAlgorithm)
      await client.say(USERAUTH)
      const { replies } = await client.say(request('password').boolean(false).string('x').done())
      const announced = new WireReader(replies.find((reply) => reply[0] === Message.GLOBAL_REQUEST)!, 1)
      announced.string()
      announced.boolean()
      const rsa = new WireWriter().string(announced.string()).done()
      const [answer] = (await client.say(global('hostkeys-prove-00@openssh.com', rsa))).replies
      client.end()
      return new WireReader(new WireReader(answer!, 1).string()).name()
    }
    expect([await proof('ssh-ed25519'), await proof('rsa-sha2-256')]).toEqual(['ssh-rsa', 'rsa-sha2-256'])
  })

  it('changes nothing of a session that runs, and sends no signals for root', async () => {
    const signal = ask('signal', new WireWriter().string('TERM').done())
    const variable = ask('env', new WireWriter().string('LANG').string('C').done())
    expect(await afterLogin(session, exec('wait'), variable, ask('auth-agent-req@openssh.com'), signal, ask('signal'))).toEqual([
      'CHANNEL_OPEN_CONFIRMATION',
      'CHANNEL_WINDOW_ADJUST',
      'CHANNEL_SUCCESS',
      ...Array(4).fill('CHANNEL_FAILURE'),
    ])
  })

  it('grants one agent to a connection, and sizes to who has no terminal', async () => {
    const second = open('session', 1).done()
    const agent = (channel: number): Buffer => ask('auth-agent-req@openssh.com', Buffer.alloc(0), channel)
    expect(await afterLogin(session, second, agent(0), agent(1), ask('window-change', Buffer.alloc(16)))).toEqual([
      'CHANNEL_OPEN_CONFIRMATION',
      'CHANNEL_OPEN_CONFIRMATION',
      'CHANNEL_SUCCESS',
      'CHANNEL_FAILURE',
      'CHANNEL_SUCCESS',
    ])
  })

  it.each([
    ['before the end of output that has just been said', 'big 5', ['CHANNEL_DATA', 'exit-status', 'eow@openssh.com', 'CHANNEL_EOF']],
    ['after the end of output where none was', 'late', ['CHANNEL_EOF', 'exit-status', 'eow@openssh.com']],
  ])('tells how a program ended %s', async (_, command, expected) => {
    const client = await RawClient.login(ssh.port)
    await client.say(session)
    client.send(exec(command))
    const told: string[] = []
    for (let next = await client.next(); next && next[0] !== Message.CHANNEL_CLOSE; next = await client.next()) {
      const name = NAMES[next[0]!]!
      told.push(name === 'CHANNEL_REQUEST' ? new WireReader(next, 5).name() : name)
    }
    client.end()
    expect(told.slice(2)).toEqual(expected)
  })

  it('drops data longer than the packet that it has granted', async () => {
    const data = (bytes: Buffer): Buffer => new WireWriter(Message.CHANNEL_DATA).uint32(0).string(bytes).done()
    const client = await RawClient.login(ssh.port)
    await client.say(session, exec('cat'))
    expect(told(await client.say(data(Buffer.alloc(32_769, 'x'))))).toEqual([])
    client.send(data(Buffer.from('y')))
    expect((await client.next())?.subarray(-1).toString()).toBe('y')
    client.end()
  })
})
