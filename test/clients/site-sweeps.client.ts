import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { listPersonas, loadPersona } from '../../src/config/personas.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { MemoryState, noEngine, play } from '../harness.ts'
import { ran } from './ran.ts'

const identity = new Identity(Buffer.alloc(32, 7))
/** Personas with a web site. */
const SITES = listPersonas('prompts').filter((name) => loadPersona('prompts', name, identity).web)

/** Endings, folders and marks as scanners put them around a name. */
const SHAPES = ['', '/', '.php', '.html', '.bak', '.asp', '.jsp', '.cgi', '.txt', '~', '.old', '.zip', '?x=1', '%20', '.xml']
const FOLDERS = ['', 'cgi-bin/', 'scripts/', 'icons/', 'test/', 'manual/', 'inc/', 'wp-content/']

/** What sweeps of scanners ask for that no site has. */
function randomPaths(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const name = createHash('sha256').update(`path ${i}`).digest('hex')
    return `${FOLDERS[i % FOLDERS.length]}${name.slice(0, 4 + (i % 12))}${SHAPES[(i >> 3) % SHAPES.length]}`
  })
}

const folder = mkdtempSync(join(tmpdir(), 'site-sweeps-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a sweep of five thousand random paths', () => {
  it.each(SITES)('at the site of %s finds its front page alone, and no page that stands for a 404', async (persona) => {
    const state = new MemoryState()
    const playing = await play(http, { persona, identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
    try {
      const list = join(folder, 'paths')
      const output = join(folder, `${persona}.json`)
      const paths = randomPaths(5_000)
      // Debian's lighttpd denies what ends so, whether it is there or not.
      const denied = loadPersona('prompts', persona, identity).web?.server === 'lighttpd' ? paths.filter((path) => path.endsWith('~')) : []
      writeFileSync(list, [...paths, 'index.html'].join('\n'))
      const base = `http://127.0.0.1:${playing.port()}`
      // -ac asks for a few random paths first and leaves out what looks like the answers: a page that stands for a 404 shows there.
      const { stderr } = await ran('ffuf', ['-u', `${base}/FUZZ`, '-w', list, '-ac', '-t', '20', '-s', '-o', output, '-of', 'json'])
      expect(stderr.trim()).toBe('')
      const { results } = JSON.parse(readFileSync(output, 'utf8')) as { results: { input: { FUZZ: string } }[] }
      expect(results.map(({ input }) => input.FUZZ).sort()).toEqual([...denied, 'index.html'].sort())
      const statuses = playing.data('http.request').map(({ status }) => status)
      const share = statuses.filter((status) => status === 404).length / (statuses.length - denied.length)
      expect(share).toBeGreaterThan(0.99)
    } finally {
      await playing.stop()
    }
  }, 60_000)
})
