import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli/cli.ts'
import { verbs } from '../../src/cli/verbs.ts'

const folder = mkdtempSync(join(tmpdir(), 'traps-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function sundew(...argv: string[]): Promise<{ code: number; out: string; errors: string }> {
  const out: string[] = []
  const errors: string[] = []
  const code = await runCommandLine(['traps', ...argv], verbs, {
    line: (text = '') => void out.push(`${text}\n`),
    raw: (text) => void out.push(text),
    error: (text) => void errors.push(text),
    columns: undefined,
  })
  return { code, out: out.join(''), errors: errors.join('\n') }
}

describe('sundew traps', () => {
  it('lists traps of a product, and what plays together', async () => {
    const { out } = await sundew('ls', 'grafana')
    expect(out).toMatch(/grafana\s+8\.2\.0\s+grafana-cve-2021-43798\s+7\.5\s+CVE-2021-43798/)
    expect(out).toMatch(/\n4 traps of 1 products\n/)
    expect((await sundew('sets')).out).toMatch(/developers\s+gitlab, jenkins, grafana/)
  })

  it('makes a file of a template, which is good', async () => {
    const template = join(folder, 't.yaml')
    writeFileSync(
      template,
      "id: CVE-2030-1\ninfo: { name: X, severity: high }\nhttp:\n  - path: ['{{BaseURL}}/x']\n    matchers: [{ type: word, words: [vulnerable] }]\n",
    )
    const into = join(folder, 'mine')
    expect((await sundew('import', template, '--into', into)).code).toBe(0)
    expect(readFileSync(join(into, 'cve-2030-1.yaml'), 'utf8')).toMatch(/body: vulnerable/)
    expect((await sundew('lint', into)).out).toBe('1 traps of 1 products: good, each is met by its examples alone\n')
  })

  it('says which example meets another trap, and ends with 2', async () => {
    const wrong = join(folder, 'wrong.yaml')
    writeFileSync(
      wrong,
      "product: w\nname: W\nversion: '1'\ntraps:\n  - { id: a, about: a, risk: 1, match: { path: { starts: /x/ } }, answer: a, examples: [GET /y] }\n",
    )
    rmSync(join(folder, 't.yaml'))
    const { code, errors } = await sundew('lint', folder)
    expect([code, errors]).toEqual([2, expect.stringMatching(/w: a: its example "GET \/y HTTP\/1\.1" meets no trap instead\n {4}cure: /)])
  })
})
