import { afterAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import ftp from '../../src/emulators/ftp/index.ts'
import irc from '../../src/emulators/irc/index.ts'
import jetdirect from '../../src/emulators/jetdirect/index.ts'
import memcached from '../../src/emulators/memcached/index.ts'
import pop3 from '../../src/emulators/pop3/index.ts'
import redis from '../../src/emulators/redis/index.ts'
import smtp from '../../src/emulators/smtp/index.ts'
import upnp from '../../src/emulators/upnp/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

// What detectors of honeypots send by hand, and what the played software says to it.

const players: Playing[] = []
afterAll(() => Promise.all(players.map((one) => one.stop())))

async function serve(lure: Lure, options: Record<string, unknown> = {}, persona = 'debian-web'): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const one = await play(lure, { persona, identity, state, hosts: createHosts({ identity, engine: noEngine, state }), options })
  players.push(one)
  return one
}

/** What comes back until the server closes, or is silent for so many seconds. */
async function nc(p: Playing, text: string, { quiet = '2', flags = [] as string[] } = {}): Promise<string> {
  return (await ran('nc', [...flags, '-w', quiet, '127.0.0.1', String(p.port())], text)).stdout
}

describe('nc', () => {
  it('gives FTP an empty password', async () => {
    expect(await nc(await serve(ftp), 'USER root\r\nPASS \r\nQUIT\r\n', { quiet: '8' })).toMatch(
      /^220 \(vsFTPd 3\.0\.3\)\r\n331 Please specify the password\.\r\n530 Login incorrect\.\r\n221 Goodbye\.\r\n$/,
    )
  })

  it('asks POP3 what it can', async () => {
    const said = await nc(await serve(pop3), 'CAPA\r\nUSER a\r\nPASS b\r\nQUIT\r\n')
    expect(said).toMatch(/^\+OK Dovecot \(Debian\) ready\.\r\n\+OK\r\nCAPA\r\n[\s\S]*\r\n\.\r\n/)
  })

  it('asks SMTP for help, and sends a whole conversation at once', async () => {
    const p = await serve(smtp)
    expect(await nc(p, 'HELP\r\nQUIT\r\n')).toMatch(/^220 \S+ ESMTP Postfix \(Debian\/GNU\)\r\n(?:\d{3} [^\r\n]*\r\n){1,2}$/)
    expect(await nc(p, 'STARTTLS\r\nNOOP\r\n')).not.toMatch(/250 2\.0\.0 Ok/)
  })

  it('says QUIT to Redis without an end of line, with one, and speaks HTTP to it', async () => {
    const p = await serve(redis, { profile: 'modern7' })
    expect(await nc(p, 'QUIT')).toBe('')
    expect(await nc(p, 'QUIT\r\n')).toBe('+OK\r\n')
    expect(await nc(p, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('')
  })

  it('registers at IRC', async () => {
    expect(await nc(await serve(irc), 'NICK a\r\nUSER a 0 * :a\r\nQUIT\r\n')).toMatch(/ 001 a [\s\S]* 002 a [\s\S]* 003 a [\s\S]* 004 a /)
  })

  it('keeps a value in memcached', async () => {
    const said = await nc(await serve(memcached), 'stats\r\nversion\r\nset k 0 0 1\r\nx\r\nget k\r\nquit\r\n')
    expect(said).toMatch(/^STAT pid \d+\r\n[\s\S]*VERSION [\d.]+\r\nSTORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n$/)
  })

  it('asks a printer for its name', async () => {
    expect(await nc(await serve(jetdirect), '\x1b%-12345X@PJL INFO ID\r\n')).toMatch(/^@PJL INFO ID\r\n"[^"]+"\r\n/)
  })

  it('searches for a router', async () => {
    const search = 'M-SEARCH * HTTP/1.1\r\nHOST:239.255.255.250:1900\r\nMAN:"ssdp:discover"\r\nMX:1\r\nST:upnp:rootdevice\r\n\r\n'
    const said = await nc(await serve(upnp), search, { flags: ['-u'] })
    expect(said).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nST: upnp:rootdevice\r\n/i)
  })
})

describe('curl', () => {
  const curl = async (p: Playing, path: string, ...args: string[]): Promise<string> =>
    (await ran('curl', ['-si', ...args, `http://127.0.0.1:${p.port()}${path}`])).stdout

  it('hears from nginx what nginx says', async () => {
    const p = await serve(http)
    expect(await curl(p, '/nope')).toMatch(
      /^HTTP\/1\.1 404 Not Found\r\nServer: nginx\/1\.22\.1\r\nDate: [\s\S]*<center>nginx\/1\.22\.1<\/center>/,
    )
    expect(await curl(p, '/', '-X', 'AAAA')).toMatch(/^HTTP\/1\.1 405 Not Allowed\r\nServer: nginx[\s\S]*<h1>405 Not Allowed<\/h1>/)
  })

  it('cannot choose its address, and leaves the file that it sends', async () => {
    const p = await serve(http)
    await curl(p, '/', '-H', 'X-Forwarded-For: 9.9.9.9')
    expect(p.events.find(({ type }) => type === 'http.request')?.srcIp).toBe('127.0.0.1')
    const sha256 = (await ran('sha256sum', ['/bin/ls'])).stdout.slice(0, 64)
    await curl(p, '/up', '-F', 'f=@/bin/ls')
    await expect.poll(() => [...p.artifacts.kept.keys()], { timeout: 10_000 }).toContain(sha256)
  })
})
