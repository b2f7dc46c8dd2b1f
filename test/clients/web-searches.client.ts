import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ran } from './ran.ts'
import { playLure } from './web-lures.ts'

/** Names that word lists for searches begin with; what a lure has of its own comes on top. */
const WORDS = ['.git', 'a8f3c1b7', 'admin', 'api', 'backup', 'cgi-bin', 'index.html', 'login', 'nothing', 'old', 'robots.txt', 'test']

interface Searched {
  lure: string
  options?: Record<string, unknown>
  /** Number of the port declaration. */
  port?: number
  below?: string
  words?: string[]
  /** What is there, of WORDS and `words`; of everything else nothing. */
  finds: string[]
}

const SEARCHED: readonly Searched[] = [
  { lure: 'cisco-asa', words: ['webvpn.html'], finds: ['admin', 'webvpn.html'] },
  { lure: 'citrix', words: ['vpn', 'logon', 'epa'], finds: ['vpn'] },
  { lure: 'traps', options: { products: 'fortiweb' }, finds: ['login'] },
  { lure: 'traps', options: { products: 'php' }, words: ['.env', 'phpmyadmin/'], finds: ['.env', 'phpmyadmin/', 'robots.txt'] },
  { lure: 'rest-api', words: ['api-docs', 'openapi.json'], finds: ['api-docs', 'openapi.json'] },
  { lure: 'rest-api', below: '/api/v1', words: ['customers', 'products', 'health'], finds: ['customers', 'health', 'products'] },
  { lure: 'log4shell', port: 0, words: ['login.do', 'help'], finds: ['login.do'] },
  { lure: 'log4shell', port: 1, words: ['manage', 'status'], finds: ['manage', 'status'] },
  { lure: 'log4shell', port: 2, words: ['catalog/', 'manager/html'], finds: ['catalog/', 'manager/html'] },
  { lure: 'log4shell', port: 3, words: ['_cat', '_search'], finds: ['_search'] },
  {
    lure: 'web-app',
    words: ['cart.php', 'intranet', 'login.php'],
    finds: ['admin', 'api', 'cart.php', 'index.html', 'intranet', 'login.php', 'robots.txt'],
  },
  {
    lure: 'wordpress',
    words: ['feed', 'wp-admin', 'wp-content', 'wp-includes', 'wp-login.php', 'xmlrpc.php'],
    finds: ['admin', 'feed', 'login', 'robots.txt', 'wp-admin', 'wp-content', 'wp-includes', 'wp-login.php', 'xmlrpc.php'],
  },
  { lure: 'elasticsearch', words: ['_cat', '_search'], finds: ['_cat', '_search'] },
  { lure: 'mcp', words: ['mcp'], finds: ['mcp'] },
  { lure: 'ollama-api', words: ['api/tags', 'v1/models'], finds: ['api/tags', 'v1/models'] },
  { lure: 'ipp', words: ['jobs', 'printers'], finds: ['admin', 'index.html', 'jobs', 'printers', 'robots.txt'] },
]

const folder = mkdtempSync(join(tmpdir(), 'web-searches-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function wordList(words: readonly string[]): string {
  const file = join(folder, 'words')
  writeFileSync(file, `${words.join('\n')}\n`)
  return file
}

const nameOf = ({ lure, options, port, below = '' }: Searched): string =>
  [lure, options?.products, port === undefined ? undefined : `port ${port}`, below].filter(Boolean).join(' ')

describe('searches for paths', () => {
  it.each(SEARCHED.map((searched) => [nameOf(searched), searched] as const))(
    'at %s: gobuster and ffuf find what is there and nothing by chance',
    async (_, { lure, options, port = 0, below = '', words = [], finds }) => {
      const playing = await playLure(lure, options)
      try {
        const base = playing.base(port) + below
        const list = wordList([...WORDS, ...words])
        const gobuster = await ran('gobuster', ['dir', '-q', '-k', '-t', '4', '-u', base, '-w', list])
        expect(gobuster.stderr).toBe('')
        const found = [...gobuster.stdout.matchAll(/(?:^|\n|\r|\u001b\[2K)\/(\S+) +\(Status: \d+\)/g)].map(([, name]) => name)
        expect(found.sort()).toEqual(finds)
        const ffuf = await ran('ffuf', ['-u', `${base}/FUZZ`, '-w', list, '-t', '4', '-s', '-mc', 'all', '-fc', '404'])
        const named = ffuf.stdout.split('\n').map((line) => line.replace(/\u001b\[2K/g, '').trim())
        expect(named.filter((line) => line !== '').sort()).toEqual(finds)
        expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
      } finally {
        await playing.stop()
      }
    },
    60_000,
  )

  it('in a maze take long: it lets go of nobody who has asked a few times', async () => {
    const playing = await playLure('secrets-maze')
    try {
      const list = wordList(Array.from({ length: 24 }, (_, n) => `nothing${n}`))
      const startedAt = performance.now()
      const { stdout } = await ran('gobuster', ['dir', '-q', '-t', '5', '-u', playing.base(), '-w', list])
      expect(stdout).not.toContain('Status: 200')
      expect(performance.now() - startedAt).toBeGreaterThan(3_000)
    } finally {
      await playing.stop()
    }
  }, 90_000)
})
