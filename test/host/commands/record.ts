import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Runs the command lines of `cases/*.json` with this machine's own tools and keeps what they answered.
 * Needs root on a Debian 12 with gawk, xxd, zip, unzip, cpio and libcap2-bin; the lines leave nothing behind outside their own folder.
 *
 * @example node test/host/commands/record.ts
 */
/** Where the host runs them too; must not be there yet. */
const WORK = '/tmp/w'

const folder = new URL('cases/', import.meta.url)
for (const name of readdirSync(folder)) {
  const file = new URL(name, folder)
  const cases = JSON.parse(readFileSync(file, 'utf8')) as { cmd: string }[]
  writeFileSync(
    file,
    `${JSON.stringify(
      cases.map(({ cmd }) => ({ cmd, ...record(cmd) })),
      null,
      1,
    )}\n`,
  )
}

function record(cmd: string): { stdout: string; stderr: string; rc: number | null } {
  mkdirSync(WORK)
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C', TZ: 'UTC' }
  const { stdout, stderr, status } = spawnSync('bash', ['-c', cmd], { cwd: WORK, env, encoding: 'utf8', timeout: 10_000 })
  rmSync(WORK, { recursive: true })
  return { stdout, stderr, rc: status }
}
