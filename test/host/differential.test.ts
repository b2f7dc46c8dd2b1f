import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LineGenerator } from './generated-lines.ts'
import { makeHost } from './harness.ts'

const version = spawnSync('bash', ['-c', 'echo $((BASH_VERSINFO[0])).$((BASH_VERSINFO[1]))'], { encoding: 'utf8' }).stdout?.trim()
const why = version === '5.2' ? undefined : `needs bash 5.2, this machine has ${version || 'none'}`

/** Lines each run compares; SUNDEW_LINES and SUNDEW_SEED ask for others. */
const LINES = Number(process.env.SUNDEW_LINES ?? 120)
const SEED = Number(process.env.SUNDEW_SEED ?? 1)
/** Share that must be equal in output, errors and status. */
const FLOOR = 0.99
/** Tools that not every machine with bash has. */
const TOOLS = ['xxd', 'hexdump', 'column', 'xz', 'bzip2', 'openssl', 'getopt', 'numfmt']
const FILES = ['aa', 'ab', 'c d', 'x.y']

/** Runs each line by the machine's bash, in a folder with some files; one process starts them all. */
const DRIVER = `
n=0
while [ -f "$1/$n" ]; do
  (cd "$1/work" && timeout 5 env -i PATH=/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 bash -c "$(cat "$1/$n"; echo x)" </dev/null >"$1/$n.out" 2>"$1/$n.err"; echo $? >"$1/$n.status")
  n=$((n + 1))
done`

interface Answer {
  stdout: string
  stderr: string
  exitCode: number
}

function byBash(lines: readonly string[]): Answer[] {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-lines-'))
  try {
    mkdirSync(join(folder, 'work'))
    for (const file of FILES) writeFileSync(join(folder, 'work', file), '')
    for (const [n, line] of lines.entries()) writeFileSync(join(folder, String(n)), `${line}\n#`)
    spawnSync('bash', ['-c', DRIVER, 'driver', folder], { stdio: 'ignore' })
    const text = (name: string) => readFileSync(join(folder, name), 'utf8')
    return lines.map((_, n) => ({ stdout: text(`${n}.out`), stderr: text(`${n}.err`), exitCode: Number(text(`${n}.status`)) }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe.skipIf(why)(`generated command lines against the machine's own bash${why ? ` (${why})` : ''}`, () => {
  it(`gives the same output, errors and status for at least ${FLOOR * 100} %`, { timeout: 30_000 + LINES * 300 }, async () => {
    const absent = TOOLS.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
    const generator = new LineGenerator(SEED, absent)
    const lines = Array.from({ length: LINES }, () => generator.line())
    const real = byBash(lines)
    const test = makeHost()
    await test.run(`mkdir /tmp/lines; cd /tmp/lines; touch ${FILES.map((f) => `'${f}'`).join(' ')}`)
    const differ: string[] = []
    for (const [n, line] of lines.entries()) {
      const ours = await test.run(`cd /tmp/lines; unset OLDPWD; PATH=/usr/bin:/bin LC_ALL=C.UTF-8 exec bash -c ${quoted(`${line}\n#x`)}`, {
        stdin: '',
      })
      const theirs = real[n] as Answer
      if (ours.stdout === theirs.stdout && ours.stderr === theirs.stderr && ours.exitCode === theirs.exitCode) continue
      differ.push(`${line}\n  bash ${JSON.stringify(theirs)}\n  ours ${JSON.stringify(ours)}`)
    }
    console.log(
      `${LINES - differ.length} of ${LINES} generated lines are equal (seed ${SEED})${differ.length ? `; not:\n${differ.join('\n')}` : ''}`,
    )
    expect(1 - differ.length / LINES).toBeGreaterThanOrEqual(FLOOR)
  })
})

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
