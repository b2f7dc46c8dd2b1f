import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import traps from '../../src/emulators/traps/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(traps, {
    persona: 'debian-web',
    identity,
    state,
    hosts: createHosts({ identity, engine: noEngine, state }),
    options: { products: 'php' },
    settings: { limits: { connectionsPerSource: 200 } },
  })
})
afterAll(() => playing.stop())

const url = (path: string): string => `https://127.0.0.1:${playing.port()}${path}`
const curl = async (...args: string[]): Promise<string> =>
  (await run('curl', ['-ksS', '--path-as-is', ...args], { encoding: 'latin1', maxBuffer: 2 ** 24 })).stdout

describe('curl', () => {
  it('runs a command over TLS on the simulated host', async () => {
    expect(await curl('-d', 'echo Content-Type: text/plain; echo; id', url('/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh'))).toMatch(
      /^uid=33\(www-data\)/,
    )
  })

  it('gets 404 for a random path, and so for an upload in chunks', async () => {
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', url('/a8f3c1b7'))).toBe('404')
    const body = 'x'.repeat(1_000_000)
    expect(
      await curl(
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-H',
        'Transfer-Encoding: chunked',
        '-H',
        'Expect:',
        '--data-binary',
        body.slice(0, 100_000),
        url('/a8f3c1b8'),
      ),
    ).toBe('404')
  })

  it('is known by its socket, whatever its headers say', async () => {
    await curl('-H', 'X-Forwarded-For: 9.9.9.9', '-H', 'Host: a:1', url('/.env'))
    const hit = playing.events.findLast((event) => event.type === 'traps.hit')
    expect(hit).toMatchObject({ srcIp: '127.0.0.1', dstPort: playing.port(), data: { trap: 'exposed-env' } })
  })
})

describe('what is sent', () => {
  const hits = (): { trap: string }[] => playing.data<{ trap: string }>('traps.hit')
  const kept = (): Buffer[] => [...playing.artifacts.kept.values()]

  it('200 kB to a trap are kept whole, in one piece and in chunks', async () => {
    const before = hits().length
    for (const [letter, ...more] of [['a'], ['b', '-H', 'Transfer-Encoding: chunked']]) {
      const body = Buffer.alloc(200_000, letter)
      const { stdout } = await ran(
        'curl',
        ['-ksS', '-o', '/dev/null', '-w', '%{http_code}', '--path-as-is', ...more, '--data-binary', '@-', url('/cgi-bin/.%2e/.%2e/bin/sh')],
        body,
      )
      expect(stdout).toMatch(/^\d{3}$/)
      expect(kept().some((one) => one.equals(body))).toBe(true)
    }
    expect(hits().length).toBeGreaterThan(before)
  })

  it('an upload is kept as the file it is, with its fields', async () => {
    const { stdout } = await ran('curl', ['-ksS', '-F', 'file=@-;filename=x.php', '-F', 'a=b', url('/upload.php')], '<?php echo 1; ?>')
    expect(stdout).toContain('404')
    const parts = playing.data<{ name?: unknown; how: string }>('artifact').filter(({ name }) => name === 'x.php')
    expect(parts.length).toBeGreaterThan(0)
    expect(kept().map(String)).toContain('<?php echo 1; ?>')
  })

  it('a client that hangs up in the middle of its body leaves the process alive', async () => {
    const post = 'POST /cgi-bin/test.cgi HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: text/plain\\r\\nContent-Length: 5000\\r\\n\\r\\nabc'
    for (let n = 0; n < 2; n++)
      await ran('sh', ['-c', `printf '${post}' | timeout 1 openssl s_client -quiet -connect 127.0.0.1:${playing.port()} >/dev/null 2>&1`])
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', url('/'))).toBe('200')
    expect(playing.data('lure.fault')).toEqual([])
  })
})

describe('nmap', () => {
  it('names the server of the front product, and finds the repository', async () => {
    const port = String(playing.port())
    const { stdout } = await run('nmap', ['-Pn', '-sV', '-p', port, '--script', 'http-git,http-enum', '127.0.0.1'])
    expect(stdout).toMatch(/ssl\/http\s+Apache httpd 2\.4\.57 \(\(Debian\)\)/)
    expect(stdout).toMatch(/http-git/)
    expect(stdout).toMatch(/http-enum:[\s\S]*\/backup\.sql: Possible backup/)
  }, 120_000)
})
