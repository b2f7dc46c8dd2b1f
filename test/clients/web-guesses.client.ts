import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ran } from './ran.ts'
import { playLure } from './web-lures.ts'

interface Guessed {
  lure: string
  options?: Record<string, unknown>
  port?: number
  service: string
  target: string
  /** What it finds; nothing where no password of the list is right. */
  finds?: string
  user?: string
}

const WORDS = ['123456', 'welcome1', 'letmein']
const login = { policy: 'list', accept: [{ user: 'lpadmin', password: 'welcome1' }] }

const GUESSED: readonly Guessed[] = [
  { lure: 'web-app', service: 'http-post-form', target: '/login.php:username=^USER^&password=^PASS^:F=Wrong user' },
  { lure: 'log4shell', port: 2, service: 'http-get', target: '/manager/html' },
  { lure: 'log4shell', port: 0, service: 'http-post-form', target: '/login.do:username=^USER^&password=^PASS^:S=portal/home' },
  { lure: 'ipp', options: { login }, service: 'http-get', target: '/admin/conf/cupsd.conf', user: 'lpadmin', finds: 'welcome1' },
  { lure: 'ipp', options: { login }, service: 'http-get', target: '/admin/log/error_log', user: 'lp' },
  { lure: 'traps', options: { products: ['tomcat'] }, service: 'https-get', target: '/manager/html' },
  {
    lure: 'traps',
    options: { products: ['phpmyadmin'] },
    service: 'https-post-form',
    target: '/phpmyadmin/index.php:pma_username=^USER^&pma_password=^PASS^:F=Access denied',
  },
]

const folder = mkdtempSync(join(tmpdir(), 'web-guesses-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const list = join(folder, 'words')
writeFileSync(list, `${WORDS.join('\n')}\n`)

describe('hydra', () => {
  it.each(GUESSED.map((guessed) => [`${guessed.lure} ${guessed.port ?? 0} ${guessed.target}`, guessed] as const))(
    'at %s finds what is right, and every try is written down',
    async (_, { lure, options, port = 0, service, target, finds, user = 'root' }) => {
      const playing = await playLure(lure, options)
      try {
        const args = ['-I', '-l', user, '-P', list, '-t', '1', '-s', String(playing.port(port)), '127.0.0.1', service, target]
        const { stdout } = await ran('hydra', args)
        if (finds === undefined) expect(stdout).toContain('0 valid password')
        else expect(stdout).toMatch(new RegExp(`login: ${user} +password: ${finds}`))
        const tried = playing.data<{ username: string; password: string }>('login')
        const words = WORDS.slice(0, finds === undefined ? undefined : WORDS.indexOf(finds) + 1)
        expect(tried.map((one) => `${one.username} ${one.password}`)).toEqual(words.map((word) => `${user} ${word}`))
        expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
      } finally {
        await playing.stop()
      }
    },
    60_000,
  )

  // hydra 9.4 takes 401 for HTTP's own authentication and tries without end (docs/password-tools.md): an API has to answer that.
  it('at an API finds the password that is its first', async () => {
    const playing = await playLure('rest-api')
    try {
      const form = '/api/v1/auth/login:{"username"\\:"^USER^","password"\\:"^PASS^"}:H=Content-Type\\: application/json:F=401'
      const args = ['-I', '-l', 'user', '-P', list, '-t', '1', '-s', String(playing.port()), '127.0.0.1', 'http-post-form', form]
      expect((await ran('hydra', args, undefined, 20_000)).stdout).toMatch(/login: user +password: 123456/)
      expect(playing.data('login')).toContainEqual(expect.objectContaining({ username: 'user', password: '123456', accepted: true }))
    } finally {
      await playing.stop()
    }
  }, 60_000)

  it('at an API is heard with each of its tries', async () => {
    const playing = await playLure('rest-api')
    try {
      const form = '/api/v1/auth/login:{"username"\\:"^USER^","password"\\:"^PASS^"}:H=Content-Type\\: application/json:F=401'
      const args = ['-I', '-l', 'admin', '-P', list, '-t', '1', '-s', String(playing.port()), '127.0.0.1', 'http-post-form', form]
      await ran('hydra', args, undefined, 5_000)
      const tried = playing.data<{ username: string; password: string }>('login')
      expect(tried[0]).toMatchObject({ username: 'admin', password: '123456', accepted: false })
    } finally {
      await playing.stop()
    }
  }, 60_000)
})

describe('nmap', () => {
  it('http-wordpress-brute guesses at wp-login.php, and every try is written down', async () => {
    const playing = await playLure('wordpress')
    try {
      const users = join(folder, 'users')
      writeFileSync(users, 'admin\n')
      const args = `userdb=${users},passdb=${list},brute.mode=user,unpwdb.passlimit=3`
      const script = ['--script', '+http-wordpress-brute', '--script-args', args]
      const { stdout } = await ran('nmap', ['-n', '-Pn', '-sT', '-p', String(playing.port()), ...script, '127.0.0.1'], undefined, 90_000)
      expect(stdout).toMatch(/http-wordpress-brute:[\s\S]*Performed \d+ guesses/)
      expect(playing.data<{ password: string }>('login').map(({ password }) => password)).toEqual(expect.arrayContaining(WORDS))
    } finally {
      await playing.stop()
    }
  }, 100_000)
})
