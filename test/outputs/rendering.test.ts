import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coreEvents, type SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { lures } from '../../src/lures.ts'
import { cefOf } from '../../src/outputs/cef.ts'
import { ecsOf } from '../../src/outputs/ecs.ts'
import { spanOf } from '../../src/outputs/kinds/otlp.ts'
import { ocsfOf } from '../../src/outputs/ocsf.ts'
import { syslogMessage } from '../../src/outputs/syslog-message.ts'
import { tpotSystems } from '../../src/outputs/tpot/systems/index.ts'

const types = [...new Set([...Object.keys(coreEvents), ...lures.flatMap((lure) => Object.keys(lure.events)), 'import.record'])]
/** Keys of the data that some rendering reads. */
const KEYS =
  'input output kind source detail method target status username password accepted fingerprint hash name value url sha256 md5 size magic headers body args command raw message to from durationMs generation keys text preview type about risk cves values request victim columns rows'.split(
    ' ',
  )

const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.record({ base64: fc.base64String() }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 3 }),
)
/** As it comes from the store: through JSON. */
const junk: fc.Arbitrary<SundewEvent> = fc
  .record(
    {
      id: fc.constant(uuid7()),
      time: fc.integer({ min: 0, max: 8.64e15 }),
      sensor: fc.string({ unit: 'binary', maxLength: 300 }),
      session: fc.constant(uuid7()),
      lure: fc.constantFrom(...lures.map(({ name }) => name), 'unheard-of'),
      standsFor: fc.constant([...tpotSystems.keys()]),
      transport: fc.constantFrom('tcp' as const, 'udp' as const),
      srcIp: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 10 })),
      srcPort: fc.integer({ min: 0, max: 65535 }),
      dstIp: fc.ipV4(),
      dstPort: fc.integer({ min: 0, max: 65535 }),
      tags: fc.constant(['attack:T1110', 'note:x']),
      type: fc.constantFrom(...types),
      data: fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 12 }),
    },
    { requiredKeys: ['id', 'time', 'sensor', 'type', 'data'] },
  )
  .map((event) => JSON.parse(JSON.stringify(event)) as SundewEvent)

/** An output that stumbles over an event would come to it again and again, and to none that follows. */
describe('no event, whatever is in it, stops an output', () => {
  it('of syslog, ECS or OTLP', () => {
    fc.assert(
      fc.property(junk, (event) => {
        for (const body of ['json', 'cef', 'ocsf'] as const) {
          const message = syslogMessage(event, { facility: 13, body, maxBytes: 1024 })
          expect(message.toString('utf8')).toMatch(/^<\d{1,3}>1 \S+ \S+ sundew - \S+ \[sundew@32473 id="/)
        }
        expect(cefOf(event)).toMatch(/^CEF:0\|[^\n\r]*$/)
        JSON.stringify([ecsOf(event), ocsfOf(event), spanOf(event, true)])
      }),
      { numRuns: 500 },
    )
  })

  it('of T-Pot, and each is one line', async () => {
    await fc.assert(
      fc.asyncProperty(junk, async (event) => {
        const look = { session: async () => [event, event], externalIp: '' }
        for (const mapping of tpotSystems.values()) {
          for (const { text } of await mapping.lines(event, look)) expect(text).not.toMatch(/[\r\n]/)
          mapping.keepsakes?.(event)
        }
      }),
      { numRuns: 300 },
    )
  })
})
