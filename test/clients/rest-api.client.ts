import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import restApi from '../../src/emulators/rest-api/index.ts'
import { type Playing, play } from '../harness.ts'
import { MemoryHosts } from '../http/memory-hosts.ts'
import { ran } from './ran.ts'

const run = promisify(execFile)
let playing: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rest-api-client-'))
  playing = await play(restApi, {
    persona: 'debian-web',
    hosts: new MemoryHosts(),
    settings: { limits: { connectionsPerSource: 400 } },
  })
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const url = (path: string): string => `http://127.0.0.1:${playing.port()}${path}`
const curl = async (...args: string[]): Promise<string> => (await run('curl', ['-sS', ...args], { maxBuffer: 2 ** 22 })).stdout

describe('curl', () => {
  it('logs in, makes an object and reads it', async () => {
    const type = 'content-type: application/json'
    const { token } = JSON.parse(await curl('-H', type, '-d', '{"username":"admin","password":"admin123"}', url('/api/v1/auth/login'))) as {
      token: string
    }
    const bearer = `authorization: Bearer ${token}`
    const { id } = JSON.parse(await curl('-H', type, '-H', bearer, '-d', '{"name":"n","price":2}', url('/api/v1/products'))) as {
      id: number
    }
    expect(JSON.parse(await curl(url(`/api/v1/products/${id}`)))).toMatchObject({ id, name: 'n', price: 2 })
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', url('/api/v1/customers'))).toBe('401')
  })
})

describe('a token', () => {
  const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
  const me = (token?: string): Promise<string> =>
    curl('-i', ...(token === undefined ? [] : ['-H', `Authorization: Bearer ${token}`]), url('/api/v1/users/me'))

  it('is a JWT of HS256 for two hours, and opens what it is for', async () => {
    const type = 'content-type: application/json'
    const reply = await curl('-H', type, '-d', '{"username":"user","password":"123456"}', url('/api/v1/auth/login'))
    const { token } = JSON.parse(reply) as { token: string }
    const [head = '', claims = ''] = token.split('.')
    expect(decoded(head)).toEqual({ alg: 'HS256', typ: 'JWT' })
    const { iat, exp } = decoded(claims) as { iat: number; exp: number }
    expect(exp - iat).toBe(7200)
    expect(await me(token)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"username":"user"/)
    expect(await me()).toMatch(/^HTTP\/1\.1 401 [\s\S]*WWW-Authenticate: Bearer/)
    expect(await me('bad')).toMatch(/^HTTP\/1\.1 401 /)
  })

  it('that says it needs no signature is refused, and recognised', async () => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    expect(await me(`${part({ alg: 'none' })}.${part({ sub: '1', username: 'admin', roles: ['admin'] })}.`)).toMatch(/^HTTP\/1\.1 401 /)
    expect(playing.data('rest-api.token')).toContainEqual(expect.objectContaining({ making: 'alg-none' }))
  })
})

describe('curl with', () => {
  it('bytes that are no text is written down as it sent them', async () => {
    const { stdout } = await ran('curl', ['-sS', '-i', '--data-binary', '@-', url('/api/v1/auth/login')], Buffer.from([0xff, 0xfe]))
    expect(stdout).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(playing.data<{ body?: unknown }>('rest-api.request').at(-1)?.body).toEqual({
      base64: Buffer.from([0xff, 0xfe]).toString('base64'),
    })
  })

  it('a job that takes time waits for it', async () => {
    const type = 'content-type: application/json'
    const reply = await curl('-H', type, '-d', '{"username":"admin","password":"admin123"}', url('/api/v1/auth/login'))
    const bearer = `authorization: Bearer ${(JSON.parse(reply) as { token: string }).token}`
    const seconds = Number(await curl('-X', 'POST', '-H', bearer, '-o', '/dev/null', '-w', '%{time_total}', url('/api/v1/admin/export')))
    expect(seconds).toBeGreaterThanOrEqual(0.2)
    expect(seconds).toBeLessThan(2)
  })
})

describe('ffuf', () => {
  it('finds what the API has, and no more', async () => {
    const list = join(folder, 'words')
    writeFileSync(list, 'customers\nnothing\nproducts\nhealth\nsecret\n')
    const { stdout } = await run('ffuf', ['-u', url('/api/v1/FUZZ'), '-w', list, '-mc', '200,401,403', '-s'], { timeout: 60_000 })
    expect(stdout.trim().split('\n').sort()).toEqual(['customers', 'health', 'products'])
  }, 70_000)
})

describe('nmap', () => {
  it('names the framework', async () => {
    const { stdout } = await run(
      'nmap',
      ['-n', '-Pn', '-sT', '-sV', '--script', 'http-title,http-methods', '-p', String(playing.port()), '127.0.0.1'],
      { timeout: 170_000 },
    )
    expect(stdout).toMatch(/http +Node\.js Express framework/)
    expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
  }, 180_000)
})
