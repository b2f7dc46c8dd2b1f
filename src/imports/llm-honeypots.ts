import { endsOf, type Found, firstOf, keptWhole, type LogReader, loginOf, string, timeOf, turnOf } from './found.ts'

type Facts = Pick<Found, 'type' | 'data'>

/** Beelzebub's log, of its makers (`event` with capital field names) or of T-Pot's fork (flat names). */
export const readBeelzebub: LogReader = (line) => {
  const record = typeof line.event === 'object' && line.event !== null ? (line.event as Record<string, unknown>) : line
  const time = timeOf(record.timestamp ?? record.DateTime ?? line.time)
  const session = firstOf(record, 'session', 'ID')
  if (time === undefined || !session) return []
  const protocol = (firstOf(record, 'protocol', 'Protocol') ?? 'SSH').toLowerCase()
  const lure = protocol === 'http' ? 'http' : protocol === 'telnet' ? 'telnet' : 'ssh'
  return beelzebubFacts(record).map((fact) => ({ ...fact, ...endsOf(record), time, session, lure, system: 'Beelzebub' }))
}

function beelzebubFacts(record: Readonly<Record<string, unknown>>): Facts[] {
  const status = firstOf(record, 'status', 'Status')
  const input = firstOf(record, 'input', 'Command', 'command')
  const output = firstOf(record, 'output', 'CommandOutput') ?? ''
  const uri = firstOf(record, 'request_uri', 'RequestURI')
  if (uri !== undefined)
    return [webTurn(firstOf(record, 'request_method', 'HTTPMethod') ?? 'GET', uri, [], firstOf(record, 'body', 'Body') ?? '', output, 0)]
  if (status === 'End')
    return [{ type: 'session.close', data: { durationMs: seconds(record.session_duration), bytesIn: 0, bytesOut: 0, reason: 'attacker' } }]
  const open: Facts[] = status === 'Start' ? [{ type: 'session.open', data: {} }] : []
  if (input !== undefined) return [...open, turnOf(input, output, 'llm', seconds(record.input_duration))]
  const username = firstOf(record, 'username', 'User')
  const password = firstOf(record, 'password', 'Password')
  if (password !== undefined) return [...open, loginOf(username, password, true)]
  return open.length > 0 ? open : [keptWhole('Beelzebub', record)]
}

/** `12.34s` */
function seconds(value: unknown): number {
  return Math.round((Number.parseFloat(string(value) ?? '0') || 0) * 1000)
}

/** Galah's log, of its makers (`httpRequest` and `httpResponse`) or of T-Pot's fork (flat names with dots). */
export const readGalah: LogReader = (record) => {
  const time = timeOf(record.timestamp ?? record.eventTime)
  if (time === undefined) return []
  const ends = endsOf(record)
  const session = firstOf(record, 'session') ?? `${ends.srcIp}:${ends.srcPort}:${time}`
  const request = { ...(record.httpRequest as object | undefined) } as Record<string, unknown>
  const response = { ...(record.httpResponse as object | undefined) } as Record<string, unknown>
  const method = firstOf(record, 'request.method') ?? firstOf(request, 'method')
  const uri = firstOf(record, 'request.requestURI') ?? firstOf(request, 'request', 'requestURI')
  const common = { ...ends, time, session, lure: 'http', system: 'Galah' }
  if (method === undefined || uri === undefined) return [{ ...keptWhole('Galah', record), ...common }]
  const flat = Object.entries(record).flatMap(([key, value]): [string, string][] =>
    key.startsWith('request.headers.') && !/\.sorted/.test(key) ? [[key.slice('request.headers.'.length), string(value) ?? '']] : [],
  )
  const body = firstOf(record, 'request.body') ?? firstOf(request, 'body') ?? ''
  const answer = firstOf(record, 'response.body') ?? firstOf(response, 'body') ?? ''
  const source = firstOf(record, 'response.metadata.generationSource') === 'cache' ? 'cache' : 'llm'
  const turn = webTurn(method, uri, flat, body, answer, 200)
  return [{ ...turn, data: { ...turn.data, source }, ...common }]
}

/** A request and its answer as the web core would have kept them, as far as the log says. */
function webTurn(
  method: string,
  target: string,
  headers: readonly [string, string][],
  body: string,
  answer: string,
  status: number,
): Facts {
  const head = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)].join('\r\n')
  return {
    type: 'turn',
    data: {
      kind: 'web',
      input: `${head}\r\n\r\n${body}`,
      output: answer,
      source: 'llm',
      durationMs: 0,
      detail: { method, target, status, bodyBytes: Buffer.byteLength(body) },
    },
  }
}
