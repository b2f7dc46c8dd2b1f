import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { NTLM } from '../../src/sensor/ntlm.ts'
import { connect, type Playing, play } from '../harness.ts'
import { MemoryHosts } from './memory-hosts.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'clerk', password: 'letmein' }] }

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function guarded(options: Record<string, unknown>, persona = 'debian-web'): Promise<Playing> {
  playing = await play(http, { persona, hosts: new MemoryHosts(), options: { login: LOGIN, ...options } })
  return playing
}

/** One request on a connection of its own. */
async function request(p: Playing, method: string, path: string, headers: readonly string[] = [], body = ''): Promise<string> {
  const length = body === '' ? [] : ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`]
  const head = [`${method} ${path} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers, ...length, '', ''].join('\r\n')
  return (await p.exchange(head + body, { quietMs: 20_000 })).toString('latin1')
}

const get = (p: Playing, path: string, authorization?: string): Promise<string> =>
  request(p, 'GET', path, authorization === undefined ? [] : [`Authorization: ${authorization}`])

const challengesOf = (answer: string): string[] => [...answer.matchAll(/^WWW-Authenticate: (.*)\r$/gim)].map(([, value = '']) => value)
const basic = (text: string): string => `Basic ${Buffer.from(text, 'latin1').toString('base64')}`
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

function digest(challenge: string, user: string, password: string, uri: string): string {
  const [, realm = ''] = /realm="([^"]*)"/.exec(challenge) ?? []
  const [, nonce = ''] = /nonce="([^"]*)"/.exec(challenge) ?? []
  const response = md5(`${md5(`${user}:${realm}:${password}`)}:${nonce}:00000001:c0:auth:${md5(`GET:${uri}`)}`)
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c0", response="${response}"`
}

describe('Basic', () => {
  it('guards its area alone, keeps any bytes, and lets the right pair in', async () => {
    const p = await guarded({ auth: [{ path: '/assets/', schemes: ['basic'], realm: 'Staff' }] })
    expect(await get(p, '/')).toMatch(/^HTTP\/1\.1 200 /)
    const refused = await get(p, '/assets/css/site.css')
    expect(refused).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\nServer: nginx[\s\S]*<h1>401 Authorization Required<\/h1>/)
    expect(challengesOf(refused)).toEqual(['Basic realm="Staff"'])
    expect(await get(p, '/assets/css/site.css', basic('clerk:\xff:b'))).toMatch(/^HTTP\/1\.1 401 /)
    expect(await get(p, '/assets/css/site.css', basic('clerk:letmein'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(p.data('login')).toEqual([
      { method: 'basic', username: 'clerk', password: { base64: '/zpi' }, accepted: false },
      { method: 'basic', username: 'clerk', password: 'letmein', accepted: true },
    ])
  })

  it('lets nobody in where the lure is for credentials alone, whatever the method', async () => {
    const p = await guarded({ auth: [{ schemes: ['basic'] }], authOnly: true })
    const answer = await request(p, 'POST', '/', [`Authorization: ${basic('clerk:letmein')}`], 'a=b')
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(answer).not.toContain('letmein')
    expect(p.data('login')).toEqual([{ method: 'basic', username: 'clerk', password: 'letmein', accepted: false }])
  })
})

describe('Digest', () => {
  const shapes: [persona: string, shape: RegExp][] = [
    ['debian-web', /^Digest algorithm="MD5", qop="auth", realm="Restricted Area", nonce="[0-9a-f]{16}"$/],
    ['hospital-integration', /^Digest realm="Restricted Area", nonce="[\w+/]{10}A=[0-9a-f]{40}", algorithm=MD5, qop="auth"$/],
  ]

  it.each(shapes)('is offered by %s as its server does, anew each time', async (persona, shape) => {
    const p = await guarded({ auth: [{ schemes: ['digest'] }] }, persona)
    const [first = ''] = challengesOf(await get(p, '/'))
    expect(first).toMatch(shape)
    expect(challengesOf(await get(p, '/'))[0]).not.toBe(first)
  })

  it('keeps each answer for hashcat and lets the right one in', async () => {
    const p = await guarded({ auth: [{ schemes: ['digest'], realm: 'Staff' }] })
    const [challenge = ''] = challengesOf(await get(p, '/'))
    expect(await get(p, '/', digest(challenge, 'clerk', 'wrong', '/'))).toMatch(/^HTTP\/1\.1 401 /)
    expect(await get(p, '/', digest(challenge, 'clerk', 'letmein', '/'))).toMatch(/^HTTP\/1\.1 200 /)
    const logins = p.data<{ accepted: boolean; hash: { mode: number; line: string } }>('login')
    expect(logins.map(({ accepted }) => accepted)).toEqual([false, true])
    expect(logins[0]!.hash.mode).toBe(11400)
    expect(logins[0]!.hash.line).toMatch(
      /^\$sip\$\*127\.0\.0\.1\*127\.0\.0\.1\*clerk\*Staff\*GET\*\*\/\*\*[0-9a-f]{16}\*c0\*00000001\*auth\*MD5\*[0-9a-f]{32}$/,
    )
  })

  it('keeps an answer to a challenge that was never given, and refuses it', async () => {
    const p = await guarded({ auth: [{ schemes: ['digest'] }] })
    const foreign = digest('realm="x", nonce="abc"', 'clerk', 'letmein', '/')
    expect(await get(p, '/', foreign)).toMatch(/^HTTP\/1\.1 401 /)
    expect(p.data('login')).toMatchObject([{ method: 'digest', accepted: false, hash: { mode: 11400 } }])
  })
})

describe('NTLM', () => {
  const negotiate = Buffer.concat([Buffer.from('NTLMSSP\0'), Buffer.from('0100000007820008', 'hex'), Buffer.alloc(16)])

  /** Message 3 with a response that no password gives. */
  function authenticate(): Buffer {
    const parts = ['DOM', 'clerk', 'BOX'].map((text) => Buffer.from(text, 'utf16le'))
    const [domain, user, workstation] = parts as [Buffer, Buffer, Buffer]
    const lm = Buffer.alloc(24)
    const nt = Buffer.alloc(48, 0x11)
    const fields = [lm, nt, domain, user, workstation, Buffer.alloc(0)]
    let at = 64
    const table = fields.map((bytes) => {
      const entry = Buffer.alloc(8)
      entry.writeUInt16LE(bytes.length, 0)
      entry.writeUInt16LE(bytes.length, 2)
      entry.writeUInt32LE(at, 4)
      at += bytes.length
      return entry
    })
    const flags = Buffer.alloc(4)
    flags.writeUInt32LE(NTLM.UNICODE | NTLM.NTLM)
    return Buffer.concat([Buffer.from('NTLMSSP\0'), Buffer.from('03000000', 'hex'), ...table, flags, ...fields])
  }

  it('challenges on the connection and keeps the response for hashcat', async () => {
    const p = await guarded({ auth: [{ schemes: ['ntlm', 'basic'], realm: 'Staff' }] })
    expect(challengesOf(await get(p, '/'))).toEqual(['NTLM', 'Basic realm="Staff"'])
    const socket = await connect(p.port())
    const ask = (token: Buffer): void =>
      void socket.write(`GET / HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM ${token.toString('base64')}\r\n\r\n`)
    ask(negotiate)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    ask(authenticate())
    await p.seen('login')
    socket.destroy()
    const [first = ''] = challengesOf(answer.toString('latin1'))
    const message = Buffer.from(first.slice('NTLM '.length), 'base64')
    expect(message.subarray(0, 12).toString('latin1')).toBe('NTLMSSP\0\x02\0\0\0')
    const server = message.subarray(24, 32)
    const hash = { mode: 5600, line: `clerk::DOM:${server.toString('hex')}:${'11'.repeat(16)}:${'11'.repeat(32)}` }
    expect(p.data('login')).toEqual([{ method: 'ntlmv2', username: 'clerk', hash, accepted: false }])
    expect(p.data('http.ntlm')).toEqual([{ domain: 'DOM', workstation: 'BOX' }])
  })

  it('refuses what is no message of it', async () => {
    const p = await guarded({ auth: [{ schemes: ['ntlm'] }] })
    for (const token of ['AAAAAAAAAAAAAAAAAAAA', Buffer.from('NTLMSSP\0\x03\0\0\0').toString('base64'), 'YAgGBisGAQUFAg==']) {
      expect(await get(p, '/', `Negotiate ${token}`)).toMatch(/^HTTP\/1\.1 401 /)
    }
    expect(await get(p, '/', `NTLM ${authenticate().toString('base64')}`)).toMatch(/^HTTP\/1\.1 401 /)
    expect(p.data('login')).toEqual([{ method: 'ntlmv2', username: 'clerk', accepted: false }])
  })
})

describe('a form', () => {
  it('stands at every path, keeps what is typed, and gives a session to the right pair', async () => {
    const p = await guarded({ auth: [{ schemes: ['form'], realm: 'Time & Attendance' }] })
    const page = await get(p, '/anything?x=1')
    expect(page).toMatch(/^HTTP\/1\.1 200 [\s\S]*<title>Time &amp; Attendance - Sign in<\/title>[\s\S]*action="\/anything"/)
    const wrong = await request(p, 'POST', '/anything', [], 'log=clerk&pwd=a%26b&submit=1')
    expect(wrong).toContain('Invalid username or password.')
    const right = await request(p, 'POST', '/', [], 'username=clerk&password=letmein')
    expect(right).toMatch(/^HTTP\/1\.1 302 [\s\S]*Location: \S*\/\r\n/)
    const [, cookie = ''] = /Set-Cookie: (sid=\w+)/.exec(right) ?? []
    expect(await request(p, 'GET', '/', [`Cookie: ${cookie}`])).not.toContain('Sign in</title>')
    expect(p.data('login')).toEqual([
      { method: 'form', username: 'clerk', password: 'a&b', accepted: false },
      { method: 'form', username: 'clerk', password: 'letmein', accepted: true },
    ])
  })
})
