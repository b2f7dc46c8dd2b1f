import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type ConnectConfig, utils } from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import type { Persona } from '../../src/config/persona.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { accountFor, admits, type LoginQuestion } from '../../src/host/login-policy.ts'
import { clientKey, isAuthorized, isSignedBy } from '../../src/ssh/client-key.ts'
import { daemonOf } from '../../src/ssh/daemons.ts'
import { hostKeysOf } from '../../src/ssh/host-keys.ts'
import { sshdConfigOf } from '../../src/ssh/sshd-config.ts'
import { collect, connect, MemoryArtifacts, MemoryState } from '../harness.ts'
import { connectClient, exec } from './client.ts'
import { FakeHost } from './fake-host.ts'
import { type PlayingSsh, playSsh } from './play-ssh.ts'

const persona = loadPersona('prompts', 'debian-web', new Identity(Buffer.alloc(32, 5)))

/** Tries methods in order; what the server let the client try each time, and how it ended. */
async function attempts(port: number, config: Partial<ConnectConfig>, methods: unknown[]): Promise<{ offered: unknown[]; error: string }> {
  const client = new Client()
  const offered: unknown[] = []
  const queue = [...methods]
  const authHandler = (left: unknown, _partial: unknown, next: (m: unknown) => void): void => {
    offered.push(left)
    next(queue.shift() ?? false)
  }
  const failed = once(client, 'error') as Promise<[Error]>
  client.connect({ host: '127.0.0.1', port, username: 'root', ...config, authHandler } as unknown as ConnectConfig)
  const [error] = await failed
  client.on('error', () => undefined).end()
  return { offered, error: error.message }
}

const wrong = (n: number): object => ({ type: 'password', username: 'root', password: `wrong${n}` })

describe('authentication', () => {
  let ssh: PlayingSsh
  beforeAll(async () => {
    ssh = await playSsh()
  })
  afterAll(() => ssh.stop())

  it('lets any user and password in while only the operator can come, and writes the pair down', async () => {
    const client = await connectClient(ssh.port, { username: 'root', password: 'päss' })
    client.end()
    expect(ssh.playing.data('login').at(-1)).toEqual({ method: 'password', username: 'root', password: 'päss', accepted: true })
  })

  it('makes an account of a user whom the host does not know', async () => {
    const client = await connectClient(ssh.port, { username: 'oracle' })
    await exec(client, 'both')
    client.end()
    expect(ssh.host().spawned.at(-1)?.user).toBe('oracle')
    expect(ssh.host().userExists('oracle')).toBe(true)
  })

  it('has the daemon log how each connection came in and went, an exec’s as well', async () => {
    const client = await connectClient(ssh.port, { username: 'maris', password: 'once' })
    const host = ssh.host()
    host.door.length = 0
    const again = await connectClient(ssh.port, { username: 'root' })
    await exec(again, 'both')
    again.end()
    client.end()
    await expect.poll(() => host.door.length).toBe(3)
    const left = ['ended', { parting: { reason: 11, text: '' }, thrownOut: false }]
    expect(host.door).toEqual([['accepted', 'root', 'password'], left, left])
    expect(host.spawned.at(-1)?.daemonPid).toBe(4711)
    await attempts(ssh.port, {}, ['none', ...Array(6).fill({ ...wrong(1), username: 'root', password: '' })])
    await expect.poll(() => host.door.at(-1)).toEqual(['ended', { thrownOut: true }])
    expect(host.door.slice(3, -1)).toEqual(Array(6).fill(['failed', 'root', 'password']))
  })

  it('admits by a key that was dropped into authorized_keys, and by no other', async () => {
    const client = await connectClient(ssh.port)
    client.end()
    const keys = utils.generateKeyPairSync('ed25519')
    expect((await attempts(ssh.port, { privateKey: keys.private }, ['none', 'publickey'])).error).toMatch(
      /All configured authentication methods failed/,
    )
    ssh.host().fileSystem.write('/root/.ssh/authorized_keys', Buffer.from(`# mine\nfrom="*" ${keys.public} bot\n`))
    const again = await connectClient(ssh.port, { privateKey: keys.private, authHandler: ['publickey'] } as Partial<ConnectConfig>)
    expect((await exec(again, 'both')).code).toBe(3)
    again.end()
    const logins = ssh.playing.data('login').slice(-2)
    expect(logins).toMatchObject([
      { method: 'publickey', accepted: false },
      { method: 'publickey', accepted: true },
    ])
    expect(logins[1]!.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
  })

  it('has three host keys that stay the same, the RSA one of 3072 bits', () => {
    const identity = new Identity(Buffer.alloc(32, 5))
    const daemon = daemonOf('SSH-2.0-OpenSSH_9.2p1')
    const [first, second] = [1, 2].map(() => hostKeysOf(identity, 'x', daemon.hostKeys))
    expect(first!.map((k) => k.type)).toEqual(['ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-ed25519'])
    expect(first!.map((k) => k.blob)).toEqual(second!.map((k) => k.blob))
    expect(first![0]!.blob.length).toBeGreaterThan(3072 / 8)
  })
})

describe('failed logins', () => {
  let ssh: PlayingSsh
  beforeAll(async () => {
    ssh = await playSsh({ options: { authOnly: true } })
  })
  afterAll(() => ssh.stop())

  it('leave publickey and password to try, and are all written down', async () => {
    const { offered } = await attempts(ssh.port, {}, ['none', wrong(1), wrong(2)])
    expect(offered).toEqual([null, ['publickey', 'password'], ['publickey', 'password'], ['publickey', 'password']])
    expect(ssh.playing.data('login').slice(-2)).toEqual([
      { method: 'password', username: 'root', password: 'wrong1', accepted: false },
      { method: 'password', username: 'root', password: 'wrong2', accepted: false },
    ])
  })

  it('end the connection at the sixth, with the words of OpenSSH', async () => {
    const { offered, error } = await attempts(ssh.port, {}, ['none', ...[1, 2, 3, 4, 5, 6, 7].map(wrong)])
    expect(error).toBe('Too many authentication failures')
    expect(offered).toHaveLength(7)
  })

  it('take as long as PAM and OpenSSH take for them', async () => {
    const slow = await playSsh({ options: { authOnly: true, delays: true } })
    const startedAt = performance.now()
    await attempts(slow.port, {}, ['none', wrong(1)])
    expect(performance.now() - startedAt).toBeGreaterThan(1000)
    await slow.stop()
  })
})

describe('the persona’s sshd_config', () => {
  let folder: string
  let ssh: PlayingSsh
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sundew-personas-'))
    cpSync('prompts/debian-web', join(folder, 'debian-web'), { recursive: true })
    const lines = [
      'KbdInteractiveAuthentication yes',
      'PasswordAuthentication no',
      'MaxAuthTries 3',
      'LoginGraceTime 1',
      'Banner /etc/issue.net',
    ]
    writeFileSync(join(folder, 'debian-web/files/etc/ssh/sshd_config'), `${lines.join('\n')}\n`)
    writeFileSync(join(folder, 'debian-web/files/etc/issue.net'), 'Authorised use only.\n')
    ssh = await playSsh({ prompts: folder })
  })
  afterAll(async () => {
    await ssh.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('decides on methods: the answer to keyboard-interactive’s one question is the password', async () => {
    const client = new Client()
    const questions: unknown[] = []
    client.on('keyboard-interactive', (name, instructions, _lang, prompts, answer) => {
      questions.push({ name, instructions, prompts })
      answer(['hunter2'])
    })
    const banner = once(client, 'banner')
    const ready = once(client, 'ready')
    client.connect({ host: '127.0.0.1', port: ssh.port, username: 'root', tryKeyboard: true })
    expect((await banner)[0]).toBe('Authorised use only.\n')
    await ready
    client.end()
    expect(questions).toEqual([{ name: '', instructions: '', prompts: [{ prompt: 'Password: ', echo: false }] }])
    expect(ssh.playing.data('login').at(-1)).toEqual({
      method: 'keyboard-interactive',
      username: 'root',
      password: 'hunter2',
      accepted: true,
    })
  })

  it('decides on tries', async () => {
    const { offered, error } = await attempts(ssh.port, {}, ['none', wrong(1), wrong(2), wrong(3), wrong(4)])
    expect(offered.at(-1)).toEqual(['publickey', 'keyboard-interactive'])
    expect({ error, tries: offered.length }).toEqual({ error: 'Too many authentication failures', tries: 4 })
  })

  it('decides on the time to log in, after which the connection closes without a word', async () => {
    const socket = await connect(ssh.port)
    const startedAt = performance.now()
    expect((await collect(socket, 3000)).toString()).toMatch(/^SSH-2\.0-[^\n]*\r\n$/)
    expect(performance.now() - startedAt).toBeLessThan(2500)
    expect((await ssh.playing.seen('limit')).data).toEqual({ limit: 'login-grace', allowed: 1000 })
  })

  it('decides on environment and forwarding', () => {
    const files = new Map([
      [
        '/etc/ssh/sshd_config',
        Buffer.from('AcceptEnv A B_*\nacceptenv C\nLoginGraceTime 2m\nAllowTcpForwarding no\nMatch User x\nMaxSessions 1\n'),
      ],
    ])
    const config = sshdConfigOf({ ...persona, files }, daemonOf('SSH-2.0-OpenSSH_9.2p1'))
    expect(config).toMatchObject({ acceptEnv: ['A', 'B_*', 'C'], loginGraceMs: 120_000, tcpForwarding: false, maxSessions: 10 })
  })
})

describe('client keys', () => {
  const data = Buffer.from('signed')

  it.each([
    ['ssh-rsa', 'rsa', 2048, 'rsa-sha2-512'],
    ['ssh-rsa', 'rsa', 2048, 'rsa-sha2-256'],
    ['ecdsa-sha2-nistp384', 'ecdsa', 384, 'ecdsa-sha2-nistp384'],
    ['ecdsa-sha2-nistp521', 'ecdsa', 521, 'ecdsa-sha2-nistp521'],
    ['ssh-ed25519', 'ed25519', 256, 'ssh-ed25519'],
  ])('of type %s are verified (%s %i, %s), and changed data is not', (type, kind, bits, algorithm) => {
    const generate = utils.generateKeyPairSync as unknown as (k: string, o: object) => { private: string; public: string }
    const pair = generate(kind, { bits })
    const parsed = utils.parseKey(pair.private)
    if (parsed instanceof Error) throw parsed
    const own = (Array.isArray(parsed) ? parsed[0] : parsed) as unknown as {
      getPublicSSH(): Buffer
      sign(d: Buffer, algorithm?: string): Buffer
    }
    const key = clientKey(own.getPublicSSH())
    expect(key.type).toBe(type)
    expect(isAuthorized(key, [`${pair.public} me`])).toBe(true)
    const raw = own.sign(data, { 'rsa-sha2-512': 'sha512', 'rsa-sha2-256': 'sha256' }[algorithm])
    const value = algorithm.startsWith('ecdsa') ? derToWire(raw) : raw
    const blob = Buffer.concat([...[Buffer.from(algorithm), value].map((part) => Buffer.concat([length(part), part]))])
    expect(isSignedBy(key, algorithm, data, blob)).toBe(true)
    expect(isSignedBy(key, algorithm, Buffer.from('other'), blob)).toBe(false)
    expect(isSignedBy(key, algorithm, data, blob.subarray(0, 20))).toBe(false)
  })

  it('of numbers that are no key are refused', () => {
    const blob = Buffer.concat([Buffer.from('0000000b', 'hex'), Buffer.from('ssh-ed25519'), Buffer.from('00000003616263', 'hex')])
    expect(isSignedBy(clientKey(blob), 'ssh-ed25519', data, blob)).toBe(false)
  })
})

describe('login policy', () => {
  const played = (login: Partial<Persona['login']>): LoginQuestion => {
    const changed = { ...persona, login: { ...persona.login, ...login } }
    return { persona: changed, host: new FakeHost(changed), state: new MemoryState(), source: '203.0.113.5', loopback: false }
  }

  it('list: the accounts of the host as they are now, and the pairs of the persona', () => {
    const question = played({ policy: 'list', accept: [{ user: 'anna', password: 'b' }] })
    expect(admits(question, 'root', 'toor')).toBe(true)
    expect(admits(question, 'anna', 'b')).toBe(true)
    expect(admits(question, 'root', 'nope')).toBe(false)
    ;(question.host as FakeHost).users.set('root', 'changed')
    expect(admits(question, 'root', 'changed')).toBe(true)
  })

  it('any: everybody but those whom the persona denies, and never without a password', () => {
    const question = played({ policy: 'any', deny: ['www-data'] })
    expect(admits(question, 'anna', 'x')).toBe(true)
    expect(admits(question, 'www-data', 'x')).toBe(false)
    expect(admits(question, 'anna', '')).toBe(false)
  })

  it('random: the nth different pair of a source gets in, repeats do not count, and only that pair works later', () => {
    const question = played({ policy: 'random', tries: { min: 3, max: 3 }, accept: [] })
    expect(['a', 'a', 'b', 'b'].map((p) => admits(question, 'root', p))).toEqual([false, false, false, false])
    expect(admits(question, 'root', 'c')).toBe(true)
    expect(admits({ ...question }, 'root', 'c')).toBe(true)
    expect(admits(question, 'root', 'd')).toBe(false)
    expect(admits({ ...question, source: '203.0.113.6' }, 'root', 'c')).toBe(false)
  })

  it('an account name that no shell could mean anything else by is made, any other becomes root', async () => {
    const noRecorder = { session: '', record: () => undefined, capture: () => new MemoryArtifacts().describe(Buffer.alloc(0)) }
    const host = new FakeHost(persona)
    const request = { remote: { ip: '::1', port: 1 }, local: { ip: '::1', port: 22 }, via: 'sshd', recorder: noRecorder }
    expect(await accountFor(host, 'oracle', request)).toBe('oracle')
    expect(await accountFor(host, '$(reboot)', request)).toBe('root')
  })
})

function length(bytes: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bytes.length)
  return head
}

/** ssh2 signs ECDSA in ASN.1; on the wire it is two mpints. */
function derToWire(der: Buffer): Buffer {
  const body = der[1]! & 0x80 ? der.subarray(3) : der.subarray(2)
  const r = body.subarray(2, 2 + body[1]!)
  const s = body.subarray(4 + body[1]!)
  return Buffer.concat([length(r), r, length(s), s])
}
