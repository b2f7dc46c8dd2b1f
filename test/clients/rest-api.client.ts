import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import restApi from '../../src/emulators/rest-api/index.ts'
import { type Playing, play } from '../harness.ts'
import { MemoryHosts } from '../http/memory-hosts.ts'

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
