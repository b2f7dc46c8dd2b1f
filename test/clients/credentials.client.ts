import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import ftp from '../../src/emulators/ftp/index.ts'
import imap from '../../src/emulators/imap/index.ts'
import mqtt from '../../src/emulators/mqtt/index.ts'
import pop3 from '../../src/emulators/pop3/index.ts'
import rdp from '../../src/emulators/rdp/index.ts'
import redis from '../../src/emulators/redis/index.ts'
import smb from '../../src/emulators/smb/index.ts'
import telnet from '../../src/emulators/telnet/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import ssh from '../../src/ssh/index.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { type Ran, ran } from './ran.ts'

const WORDS = ['admin', '12345', 's3cret']
const WEAK = { policy: 'list', accept: [{ user: 'root', password: 's3cret' }] }

let folder: string
const playing: Playing[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'credentials-'))
  writeFileSync(join(folder, 'words'), `${WORDS.join('\n')}\n`)
})
afterAll(async () => {
  await Promise.all(playing.map((one) => one.stop()))
  rmSync(folder, { recursive: true, force: true })
})

async function serve(lure: Lure, options: Record<string, unknown>, identity = new Identity(Buffer.alloc(32, 7))): Promise<Playing> {
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const one = await play(lure, { persona: 'debian-web', identity, state, hosts, options })
  playing.push(one)
  return one
}

const hydra = async (p: Playing, service: string, ...more: string[]): Promise<string> => {
  const args = ['-I', '-P', join(folder, 'words'), '-t', '1', ...more, '-s', String(p.port()), '127.0.0.1', service]
  return (await ran('hydra', args)).stdout
}

const passwords = (p: Playing): unknown[] => p.data<{ password?: unknown }>('login').map(({ password }) => password)

describe('a daemon that only listens', () => {
  const login = (p: Playing, password: string): Promise<Ran> => {
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'PreferredAuthentications=password', 'LogLevel=ERROR']
    return ran('sshpass', ['-p', password, 'ssh', ...options.flatMap((one) => ['-o', one]), '-p', String(p.port()), 'root@127.0.0.1', 'id'])
  }

  it('asks ssh again, and its sshpass gives up', async () => {
    const p = await serve(ssh, { authOnly: true, delays: false })
    const { code, stdout } = await login(p, 's3cret')
    expect([code, stdout]).toEqual([5, ''])
    expect(p.data('login')).toMatchObject([{ username: 'root', password: 's3cret', accepted: false }])
  })

  it('hears every pair of hydra once', async () => {
    const p = await serve(ssh, { authOnly: true, delays: false })
    expect(await hydra(p, 'ssh', '-l', 'root')).toContain('0 valid password')
    expect(passwords(p)).toEqual(WORDS)
  })
})

describe('hydra', () => {
  it('finds the password of Redis', async () => {
    const p = await serve(redis, { profile: 'auth', password: 's3cret' })
    expect(await hydra(p, 'redis')).toMatch(/password: s3cret/)
    expect(passwords(p)).toEqual(WORDS)
  })

  it('finds the password of the terminal server', async () => {
    const p = await serve(rdp, { login: WEAK })
    expect(await hydra(p, 'rdp', '-l', 'root')).toMatch(/login: root {3}password: s3cret/)
    const tries = p.data<{ hash: { line: string }; accepted: boolean }>('login')
    expect(tries.map(({ accepted }) => accepted)).toEqual([false, false, true])
    expect(new Set(tries.map(({ hash }) => hash.line)).size).toBe(WORDS.length)
  })

  it('finds the password of a share', async () => {
    const p = await serve(smb, { login: WEAK })
    expect(await hydra(p, 'smb', '-l', 'root')).toMatch(/login: root {3}password: s3cret/)
    expect(p.data('login')).toHaveLength(WORDS.length)
  })
})

// Its modules for IMAP, PostgreSQL, Redis and RDP do not understand what current servers of these say.
describe('ncrack', () => {
  const services: [service: string, lure: Lure, options: Record<string, unknown>][] = [
    ['ftp', ftp, { login: WEAK }],
    ['telnet', telnet, { login: WEAK }],
    ['http', http, { login: WEAK, auth: [{ schemes: ['basic'] }] }],
    ['pop3', pop3, { login: WEAK }],
    ['smb', smb, { login: WEAK }],
    ['mqtt', mqtt, { login: WEAK }],
  ]

  it.concurrent.each(services)('finds the password of %s, and each try is one login', async (service, lure, options) => {
    const p = await serve(lure, options)
    const { stdout } = await ran('ncrack', ['--user', 'root', '-P', join(folder, 'words'), '-T4', `${service}://127.0.0.1:${p.port()}`])
    expect(stdout).toMatch(/'root' 's3cret'/)
    expect(passwords(p)).toEqual(WORDS)
  })
})

it('openssl sees the same modern certificate after a restart', async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const certificate = async (): Promise<string> => {
    const p = await serve(imap, {}, identity)
    const { stdout } = await ran('openssl', ['s_client', '-connect', `127.0.0.1:${p.port(1)}`, '-showcerts'], '')
    return (await ran('openssl', ['x509', '-noout', '-text'], stdout)).stdout
  }
  const first = await certificate()
  expect(first).toMatch(/Version: 3 \(0x2\)[\s\S]*Signature Algorithm: sha256WithRSAEncryption[\s\S]*X509v3 Subject Alternative Name:/)
  expect(first).not.toMatch(/CN ?= ?\*|Some-State|Widgits|Serial Number: 0 /)
  expect(await certificate()).toBe(first)
})
