import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { makeHost } from '../harness.ts'

/** What php8.2-cli of Debian 12 printed for `php -r CODE`, in a folder without other files. All texts are bytes, one a character. */
const { cases } = z
  .object({ cases: z.array(z.object({ code: z.string(), stdout: z.string(), stderr: z.string(), exitCode: z.number() })) })
  .parse(JSON.parse(readFileSync(new URL('./recorded.json', import.meta.url), 'utf8')))

/** What is not played: functions that give references back, `goto`, name spaces in names, and the message for `$s{0}`. */
const DIFFERENT = new Set(['function &r(', '$o = null; e', 'goto end; ec', 'namespace Fo', 'use Foo\\Bar;'])

const host = makeHost('debian-web')
afterAll(() => host.close())

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')
const quoted = (code: string): string => `'${code.replaceAll("'", "'\\''")}'`

it.each(cases.map((one) => [utf8(one.code).slice(0, 100), one] as const))('php -r %s', async (_, { code, stdout, stderr, exitCode }) => {
  const got = await host.run(`cd /tmp && php -r ${quoted(utf8(code))}`)
  const want = { stdout: utf8(stdout), stderr: utf8(stderr), exitCode }
  if (DIFFERENT.has(code.slice(0, 12))) expect(got).not.toEqual(want)
  else expect(got).toEqual(want)
})
