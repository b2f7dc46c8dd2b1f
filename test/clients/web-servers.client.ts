import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { listPersonas, loadPersona } from '../../src/config/personas.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

const identity = new Identity(Buffer.alloc(32, 7))
/** Personas with a web server that nmap 7.93 has a line for: uhttpd sends nothing that names it. */
const SITES = listPersonas('prompts')
  .map((name) => loadPersona('prompts', name, identity))
  .filter(({ web }) => web && web.server !== 'uhttpd')
const playing = new Map<string, Playing>()

beforeAll(async () => {
  for (const { name } of SITES) {
    const state = new MemoryState()
    playing.set(name, await play(http, { persona: name, identity, state, hosts: createHosts({ identity, engine: noEngine, state }) }))
  }
})
afterAll(() => Promise.all([...playing.values()].map((one) => one.stop())))

/** `Apache/2.4.71 (Debian)` in nmap's words. */
function asNmapSays(header: string): string {
  const [, product = '', version = '', more = ''] = /^(\w+)\/(\S+)(?: \((.*)\))?$/.exec(header) ?? []
  if (product === 'Apache') return `Apache httpd ${version} ((${more}))`
  return [product, version, more && `(${more})`].filter(Boolean).join(' ')
}

describe('nmap -sV with its scripts for HTTP', () => {
  it('names the web server of each persona', async () => {
    const ports = [...playing.values()].map((one) => one.port()).join(',')
    const scripts = ['--script', '+http-server-header,+http-title']
    const { stdout } = await ran('nmap', ['-n', '-Pn', '-sT', '-sV', ...scripts, '-p', ports, '127.0.0.1'], undefined, 120_000)
    const named = SITES.map(({ name }) => {
      const port = playing.get(name)?.port()
      const [, service, rows = ''] = new RegExp(`^${port}/tcp +open +http +(.+)\n((?:\\|.*\n)*)`, 'm').exec(stdout) ?? []
      return { name, service, header: /http-server-header: (.+)/.exec(rows)?.[1], hasTitle: /http-title: \S/.test(rows) }
    })
    expect(named).toEqual(
      SITES.map(({ name, web }) => {
        const header = web?.header ?? ''
        return { name, service: asNmapSays(header), header, hasTitle: true }
      }),
    )
    for (const one of playing.values()) expect([one.data('lure.fault'), one.deadLetters]).toEqual([[], []])
  }, 130_000)
})
