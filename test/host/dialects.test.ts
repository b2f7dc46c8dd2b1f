import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeHost } from './harness.ts'

interface Recorded {
  cmd: string
  stdout: string
  stderr: string
  rc: number
}

/** What `dash -c` (0.5.12) and `busybox sh -c` (1.35.0) of Debian 12 said, in an otherwise empty environment. */
const recorded: Record<'dash' | 'ash', Recorded[]> = JSON.parse(readFileSync(new URL('cases/posix-shells.json', import.meta.url), 'utf8'))

async function differing(name: 'dash' | 'ash'): Promise<string[]> {
  const test = makeHost()
  await test.run('mkdir /tmp/w')
  const program = name === 'dash' ? 'dash' : 'busybox sh'
  const differ: string[] = []
  for (const { cmd, stdout, stderr, rc } of recorded[name]) {
    const line = `cd /tmp/w; unset OLDPWD; PATH=/usr/bin:/bin HOME=/root exec ${program} -c '${cmd.replaceAll("'", "'\\''")}'`
    const ours = await test.run(line, { stdin: '' })
    if (ours.stdout === stdout && ours.stderr === stderr && ours.exitCode === rc) continue
    differ.push(
      `${cmd}\n  wants ${rc} ${JSON.stringify(stdout)} ${JSON.stringify(stderr)}\n  gives ${ours.exitCode} ${JSON.stringify(ours.stdout)} ${JSON.stringify(ours.stderr)}`,
    )
  }
  return differ
}

describe.each(['dash', 'ash'] as const)('%s', (name) => {
  it('says what the real one said, word for word', async () => {
    const differ = await differing(name)
    expect(differ).toEqual([])
  })
})
