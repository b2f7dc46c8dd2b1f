import { z } from 'zod'
import { coreEvents, type SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import type { Lure } from '../../src/sensor/lure.ts'

type Schema = {
  type?: string
  anyOf?: Schema[]
  oneOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  prefixItems?: Schema[]
  minLength?: number
  minimum?: number
  minItems?: number
  additionalProperties?: Schema | boolean
  propertyNames?: Schema
}

/**
 * Data that fits a schema, every optional part present.
 * @param branch which of several forms a part has, where it may have several
 */
export function sampleOf(schema: z.ZodType, branch = 0): Record<string, unknown> {
  return fill(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, 'x', branch) as Record<string, unknown>
}

/** Text that a careless writer would trip over. */
const AWKWARD = 'a "b", c: {d}\' \n%s é'

function fill(schema: Schema, key: string, nth: number): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[nth % schema.enum.length]
  const branches = schema.anyOf ?? schema.oneOf
  if (branches) return fill(branches[nth % branches.length] as Schema, key, nth)
  switch (schema.type) {
    case 'object':
      // The keys of a record are the attacker's.
      if (!schema.properties && typeof schema.additionalProperties === 'object')
        return { 'x.y': fill(schema.additionalProperties, key, nth) }
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, fill(one, name, nth)]))
    case 'array':
      return schema.prefixItems ? schema.prefixItems.map((one) => fill(one, key, nth)) : [fill(schema.items ?? {}, key, nth)]
    case 'number':
    case 'integer':
      return Math.max(schema.minimum ?? 0, 1)
    case 'boolean':
      return true
    case 'string':
      return schema.minLength ? 'a'.repeat(schema.minLength) : key === 'type' || key === 'kind' ? 'kind' : AWKWARD
    default:
      return AWKWARD
  }
}

const REQUEST_HEADERS = [
  ['Host', 'example.com'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'],
  ['Authorization', 'Bearer abc'],
  ['Content-Type', 'application/json'],
  ['Host.port', '1'],
]

/** One session of a lure with an event of every type that it may record. */
export function sessionOf(lure: Lure, standsFor: readonly string[], time = 1_790_000_000_123, branch = 0): SundewEvent[] {
  const session = uuid7()
  const port = lure.ports[0]
  const data = (type: string, schema: z.ZodType): Record<string, unknown>[] => {
    const one = sampleOf(schema, branch)
    if (type === 'turn') {
      const shell = { ...one, kind: 'shell', input: 'uname -a; cat /proc/cpuinfo', output: 'Linux', source: 'llm', exitCode: 127 }
      const head = `POST /a.php?b=1 HTTP/1.1\r\n${REQUEST_HEADERS.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\nc=d`
      const answer = 'HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n<html>'
      return [shell, { ...shell, kind: 'web', input: head, output: answer, detail: { method: 'POST', target: '/a.php?b=1', status: 200 } }]
    }
    if (type === 'artifact')
      return [
        { ...one, how: 'sftp' },
        { ...one, how: 'redirect' },
      ]
    if (type === 'indicator') return [{ ...one, kind: 'url', value: 'http://192.0.2.9/x.sh' }]
    if (type === 'login') return [one, { method: 'password', username: 'root', password: '123456', accepted: false }]
    if (type.endsWith('.request') && 'headers' in one)
      return [{ ...one, method: 'POST', target: '/a.php?b=1', version: 'HTTP/1.1', headers: REQUEST_HEADERS, body: '{"a":1}', status: 401 }]
    return [one]
  }
  const core = Object.entries(coreEvents).filter(([type]) => !/^sensor\.|^session\.close$/.test(type))
  const types = [...core, ...Object.entries(lure.events), ['session.close', coreEvents['session.close']] as const]
  return types.flatMap(([type, schema], i) =>
    data(type, schema).map((one) => ({
      id: uuid7(),
      time: time + i,
      sensor: 'test',
      session,
      lure: lure.name,
      standsFor: [...standsFor],
      persona: 'debian-web',
      transport: port?.transport ?? 'tcp',
      srcIp: '198.51.100.7',
      srcPort: 40123,
      dstIp: '203.0.113.5',
      dstPort: port?.port ?? 22,
      type,
      data: one,
    })),
  )
}
