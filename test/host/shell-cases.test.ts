import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeHost } from './harness.ts'
import { login } from './typist.ts'

/** Command lines that were run on a Debian 12 system, and what it answered. */
interface Case {
  cmd: string
  expect: string
  match: 'exact' | 'contains' | 'regex'
  mode: 'exec' | 'interactive'
  rc: number | null
  stdout?: string
  stderr?: string
}

const cases: Case[] = JSON.parse(readFileSync(new URL('cases/shell.json', import.meta.url), 'utf8'))

/** Share of the recorded cases that must hold. */
const FLOOR = 0.98

function holds(output: string, { expect: expected, match }: Case): boolean {
  if (match === 'contains') return output.includes(expected)
  return match === 'exact' ? output === expected : new RegExp(`^(?:${expected})$`, 's').test(output)
}

describe('command lines recorded on Debian 12', () => {
  it(`answers at least ${FLOOR * 100} % of those run by exec as the real system did`, { timeout: 60_000 }, async () => {
    const test = makeHost()
    const failed: string[] = []
    const exec = cases.filter((c) => c.mode === 'exec')
    for (const c of exec) {
      const { stdout, stderr, exitCode } = await test.run(c.cmd)
      const output = (stdout + stderr).replace(/\n$/, '')
      const fits =
        holds(output, c) && (c.rc === null || exitCode === c.rc) && (c.stderr ?? stderr) === stderr && (c.stdout ?? stdout) === stdout
      if (!fits)
        failed.push(
          `${JSON.stringify(c.cmd)}\n    wants ${c.rc} ${JSON.stringify(c.expect)}\n    gives ${exitCode} ${JSON.stringify(output.slice(0, 300))}`,
        )
    }
    console.log(
      `${exec.length - failed.length} of ${exec.length} recorded exec cases hold${failed.length ? `; not:\n  ${failed.join('\n  ')}` : ''}`,
    )
    expect(1 - failed.length / exec.length).toBeGreaterThanOrEqual(FLOOR)
  })

  it('answers those typed at a prompt as the real system did', { timeout: 20_000 }, async () => {
    const shell = await login()
    const host = shell.test.host.persona.hostname
    const failed: string[] = []
    for (const c of cases.filter((one) => one.mode === 'interactive')) {
      const shown = await shell.type(`${c.cmd}\r`, /# $/)
      if (!holds(shown.replaceAll('\r\n', '\n'), { ...c, expect: c.expect.replaceAll('{HOST}', host) }))
        failed.push(`${c.cmd}: ${JSON.stringify(shown)}`)
    }
    expect(failed).toEqual([])
  })
})
