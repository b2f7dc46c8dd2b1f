import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import dicom from '../../src/emulators/dicom/index.ts'
import httpProxy from '../../src/emulators/http-proxy/index.ts'
import imap from '../../src/emulators/imap/index.ts'
import mongodb from '../../src/emulators/mongodb/index.ts'
import postgresql from '../../src/emulators/postgresql/index.ts'
import snmp from '../../src/emulators/snmp/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

const WORDS = ['admin', '12345', 's3cret']
const identity = new Identity(Buffer.alloc(32, 7))
const accepts = (user: string) => ({ policy: 'list', accept: [{ user, password: 's3cret' }] })

let folder: string
const playing: Playing[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guessers-'))
})
afterAll(async () => {
  await Promise.all(playing.map((one) => one.stop()))
  rmSync(folder, { recursive: true, force: true })
})

async function serve(lure: Lure, options: Record<string, unknown>, beside: readonly Lure[] = []): Promise<Playing> {
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const one = await play(lure, { persona: 'debian-web', identity, state, hosts, options, beside })
  playing.push(one)
  return one
}

function list(name: string, words: readonly string[] = WORDS): string {
  const file = join(folder, name)
  writeFileSync(file, `${words.join('\n')}\n`)
  return file
}

const hydra = async (p: Playing, service: string, words: string, ...more: string[]): Promise<string> =>
  (await ran('hydra', ['-I', '-P', words, '-t', '1', ...more, '-s', String(p.port()), '127.0.0.1', service])).stdout

const ncrack = async (address: string, user: string, words: string): Promise<string> =>
  (await ran('ncrack', ['--user', user, '-P', words, '-T4', address])).stdout

const passwords = (p: Playing): unknown[] => p.data<{ password?: unknown }>('login').map(({ password }) => password)

describe('hydra', () => {
  it('finds the password of imap, and each try is one login', async () => {
    const p = await serve(imap, { login: accepts('root'), delays: false })
    expect(await hydra(p, 'imap', list('imap'), '-l', 'root')).toMatch(/login: root\s+password: s3cret/)
    expect(passwords(p)).toEqual(WORDS)
  })

  it('finds the password of a proxy, behind which a page of this process answers', async () => {
    const p = await serve(httpProxy, { auth: 'basic', login: accepts('root') }, [http])
    expect(await hydra(p, 'http-proxy', list('proxy'), '-l', 'root')).toMatch(/login: root\s+password: s3cret/)
    expect(passwords(p)).toEqual(WORDS)
  })

  it('finds a community; the others it asks three times each, as nobody answers', async () => {
    const p = await serve(snmp, { read: ['s3cret'], write: [] })
    expect(await hydra(p, 'snmp', list('snmp', ['admin', 's3cret']))).toMatch(/password: s3cret/)
    expect(passwords(p)).toEqual(['admin', 'admin', 'admin', 's3cret'])
  })

  it('finds the password of MongoDB when it is its first: after a wrong one the module gives the user up', async () => {
    const p = await serve(mongodb, { access: 'login', login: accepts('root') })
    expect(await hydra(p, 'mongodb', list('first', ['s3cret']), '-l', 'root')).toMatch(/login: root {3}password: s3cret/)
    expect(await hydra(p, 'mongodb', list('second', ['admin', 's3cret']), '-l', 'root')).toContain('0 valid password')
    expect(new Set(passwords(p))).toEqual(new Set(['s3cret', 'admin']))
  })
})

describe('ncrack', () => {
  it('finds the password of PostgreSQL where it is asked for as MD5', async () => {
    const p = await serve(postgresql, { login: accepts('root'), authentication: 'md5', tls: false })
    expect(await ncrack(`psql://127.0.0.1:${p.port()}`, 'root', list('psql'))).toContain("'root' 's3cret'")
    expect(p.data<{ accepted: boolean }>('login').map(({ accepted }) => accepted)).toEqual([false, false, true])
  })

  it('finds the password of a page over TLS', async () => {
    const p = await serve(http, { login: accepts('root'), auth: [{ schemes: ['basic'] }] })
    expect(await ncrack(`https://127.0.0.1:${p.port(1)}`, 'root', list('https'))).toContain("'root' 's3cret'")
    expect(passwords(p)).toEqual(WORDS)
  })

  it('guesses titles of an archive, whose associations are written down', async () => {
    const p = await serve(dicom, { aeTitle: 'COMMON', checkCalledAe: true })
    expect(await ncrack(`dicom://127.0.0.1:${p.port()}`, 'NOPE', list('titles', ['ANY']))).not.toContain("'NOPE'")
    expect(await ncrack(`dicom://127.0.0.1:${p.port()}`, 'COMMON', list('titles', ['ANY']))).toContain("'COMMON' 'ANY'")
    expect(p.data('dicom.associate')).toMatchObject([
      { calledAe: 'NOPE', accepted: false },
      { calledAe: 'COMMON', accepted: true },
    ])
  })
})
