import type { SundewEvent } from '../../../events/schema.ts'
import { inputOf, readable, textOf } from '../../event-text.ts'
import { dstEnds, type Fields, isoTime, jsonSystem, unnamed } from '../system.ts'

/** Conpot's templates, one log each; everything else belongs to `default`. */
const TEMPLATES: Readonly<Record<string, string>> = {
  iec104: 'IEC104',
  'guardian-ast': 'guardian_ast',
  ipmi: 'ipmi',
  kamstrup: 'kamstrup_382',
}

/** Conpot's `data_type`. */
const TYPES: Readonly<Record<string, string>> = {
  s7: 's7comm',
  iec104: 'IEC104',
  'guardian-ast': 'guardian_ast',
  kamstrup: 'kamstrup_protocol',
}

/** Data keys that the boards know by another name. Only what a protocol has said of itself stands under its name: a field has one type there. */
const exchange = (event: SundewEvent): Fields => {
  if (!event.type.startsWith(`${event.lure}.`)) return unnamed(event)
  const { data } = event
  const request = textOf(data.raw ?? data.request ?? data.data ?? data.command ?? data.name) ?? event.type
  return {
    event_type: null,
    request,
    response: textOf(data.answer ?? data.response ?? data.error ?? data.exception ?? data.status) ?? '',
    action: data.action,
    [String(event.lure)]: readable(data),
  }
}

export const conpot = jsonSystem({
  system: 'Conpot',
  folder: 'conpot',
  file: ({ lure = '' }) => `log/conpot_${TEMPLATES[lure] ?? 'default'}.json`,
  base: (event) => ({
    timestamp: isoTime(event),
    sensorid: event.sensor,
    id: event.session ?? event.id,
    ...dstEnds(event),
    public_ip: event.dstIp,
    data_type: TYPES[event.lure ?? ''] ?? event.lure,
    request: null,
    response: null,
    event_type: null,
  }),
  events: {
    'session.open': () => ({ event_type: 'NEW_CONNECTION' }),
    'session.close': ({ data }) => ({
      event_type: data.reason === 'attacker' ? 'CONNECTION_LOST' : 'CONNECTION_CLOSED',
      duration_ms: data.durationMs,
    }),
    login: (event) => ({
      event_type: 'LOGIN',
      request: textOf(event.data.username),
      username: textOf(event.data.username),
      password: textOf(event.data.password) ?? '',
    }),
    turn: (event) => ({ request: inputOf(event), response: textOf(event.data.output) }),
    '*.malformed': (event) => ({ event_type: 'CONNECTION_FAILED', request: textOf(event.data.raw) ?? event.type, ...unnamed(event) }),
  },
  rest: exchange,
})
