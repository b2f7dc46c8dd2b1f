import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

interface Case {
  how: '-c' | 'stdin' | 'script'
  source: string
  input?: string
  stdout: string
  stderr: string
  exit: number
}

/** What CPython 3.11.2 of Debian 12 said; record.py makes it. */
const cases = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8')) as Case[]
/** Programs whose output is known to differ, with the reason. */
const known = JSON.parse(readFileSync(new URL('known-differences.json', import.meta.url), 'utf8')) as Record<string, string>

const host = makeHost()
host.host.files('root').mkdir('/tmp/python-home')

it.each(cases.filter(({ source }) => !Object.hasOwn(known, source)))('$how $source', async ({
  how,
  source,
  input = '',
  stdout,
  stderr,
  exit,
}) => {
  if (how === 'script') host.host.files('root').write('/tmp/program.py', Buffer.from(`${source}\n`))
  const words = { '-c': `-c "$(cat /tmp/source)"`, stdin: '- < /tmp/source', script: '/tmp/program.py' }[how]
  host.host.files('root').write('/tmp/source', Buffer.from(how === 'stdin' ? `${source}\n` : source))
  const given = how === 'stdin' ? '' : `printf %s "$INPUT" | `
  host.host.files('root').write('/tmp/input', Buffer.from(input))
  const command = `cd /tmp; ${given ? 'cat /tmp/input | ' : ''}env -i PATH=/usr/bin:/bin LANG=C.UTF-8 HOME=/root python3 ${words}`
  expect(await host.run(command)).toEqual({ stdout, stderr, exitCode: exit })
})
