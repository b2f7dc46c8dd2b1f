import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli/cli.ts'
import { parseSince } from '../../src/cli/duration.ts'
import { permissionFlags } from '../../src/cli/permissions.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { loadSettings } from '../../src/config/load.ts'
import { TPOT_SYSTEMS } from '../../src/sensor/lure.ts'

const data = mkdtempSync(join(tmpdir(), 'sundew-cli-'))
afterAll(() => rmSync(data, { recursive: true }))

async function sundew(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await runCommandLine(argv, verbs, {
    line: (text = '') => {
      out += `${text}\n`
    },
    raw: (text) => {
      out += text
    },
    error: (text) => {
      err += `${text}\n`
    },
    columns: undefined,
  })
  return { code, out, err }
}

describe('sundew', () => {
  it('lists its verbs, and gives each a page with examples', async () => {
    const { code, out } = await sundew('help')
    expect(code).toBe(0)
    for (const load of Object.values(verbs)) {
      const verb = await load()
      expect(out).toContain(verb.summary)
      const page = await sundew('help', verb.name)
      expect(page.code).toBe(0)
      expect(page.out).toContain(verb.examples[0])
    }
  }, 60_000)

  it('ends with 2 and one line for what it does not know', async () => {
    expect(await sundew('fly')).toMatchObject({ code: 2, err: expect.stringContaining('there is no verb "fly"') })
    expect(await sundew('ports', '--colour')).toMatchObject({ code: 2, err: expect.stringContaining('--colour') })
    expect(await sundew('sessions', '--since', 'soon', '--data', data)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--since soon'),
    })
  })

  it('ends with 2 on a bad configuration, naming file, line, key and cure, before anything opens', async () => {
    const config = join(data, 'sundew.yaml')
    writeFileSync(config, 'profile: mini\nlures:\n  - { lure: ssh, ports: [99999] }\n')
    for (const verb of ['start', 'validate', 'ports']) {
      const { code, err } = await sundew(verb, '--config', config, '--data', data)
      expect({ verb, code }).toEqual({ verb, code: 2 })
      expect(err).toMatch(/sundew\.yaml:3: lures\[0\]\.ports\[0\]: .*\n\s+cure: give a value not above 65535/)
    }
    rmSync(config)
  })

  it('says before start what would listen where, as data for programs too', async () => {
    const rows = JSON.parse((await sundew('ports', '--json', '--data', data)).out) as Record<string, unknown>[]
    expect(rows.find((r) => r.lure === 'ssh')).toMatchObject({ transport: 'tcp', host: '127.0.0.1', port: 10022, tls: false })
    for (const row of rows) expect(TPOT_SYSTEMS).toEqual(expect.arrayContaining(row.standsFor as string[]))
    expect((await sundew('ports', '--data', data)).out).toContain('nothing runs on this data folder')
  })

  it('shows an empty record as empty', async () => {
    expect(await sundew('sessions', '--data', data)).toMatchObject({ code: 0, out: 'no sessions yet\n' })
    expect(await sundew('show', 'last', '--data', data)).toMatchObject({ code: 1, err: expect.stringContaining('nothing was recorded') })
    expect(await sundew('status', '--data', data)).toMatchObject({ code: 1, out: expect.stringContaining('not running') })
  })

  it('finds every shipped profile free of clashes', async () => {
    for (const profile of ['standard', 'llm', 'linux', 'windows', 'ics', 'medical', 'web', 'mini', 'tarpit', 'everything']) {
      const config = join(data, `${profile}.yaml`)
      writeFileSync(config, `profile: ${profile}\nprompts: ${join(process.cwd(), 'prompts')}\n`)
      expect({ profile, ...(await sundew('validate', '--config', config, '--data', data)) }).toMatchObject({ profile, code: 0, err: '' })
    }
  })
})

describe('the permission model', () => {
  it('grants reading of code, prompts and data, writing of data alone, and no processes', () => {
    const flags = permissionFlags(loadSettings({ data, env: {} }))
    expect(flags.filter((f) => f.startsWith('--allow-fs-write'))).toEqual([`--allow-fs-write=${data}`])
    expect(flags.filter((f) => f.startsWith('--allow-fs-read'))).toContain(`--allow-fs-read=${process.cwd()}`)
    expect(flags.some((f) => /child-process|worker|addons|wasi|inspector/.test(f))).toBe(false)
  })

  it('grants reading of the certificates that the address of PostgreSQL names', () => {
    const env = { SUNDEW_STORE_URL: 'postgresql://db.example/sundew?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem' }
    expect(permissionFlags(loadSettings({ data, env }))).toContain('--allow-fs-read=/etc/ssl/db.pem')
  })
})

describe('a span of time', () => {
  it('is a number with a unit, or a date', () => {
    expect(parseSince('2h', 10_000_000)).toBe(10_000_000 - 7_200_000)
    expect(parseSince('2026-01-02')).toBe(Date.UTC(2026, 0, 2))
    expect(parseSince('soon')).toBeUndefined()
  })
})
