import { inputOf, textOf } from '../../event-text.ts'
import { type Fields, jsonSystem, unnamed } from '../system.ts'
import { requestOf } from '../web.ts'

const said = (message: string, status: string, fields: Fields): Fields => ({ level: 'info', msg: message, message, status, ...fields })
const inSeconds = (ms: unknown): string => `${(Number(ms ?? 0) / 1000).toFixed(2)}s`

export const beelzebub = jsonSystem({
  system: 'Beelzebub',
  folder: 'beelzebub',
  file: 'log/beelzebub.json',
  base: (event) => ({
    timestamp: `${new Date(event.time).toISOString().slice(0, 19)}Z`,
    level: 'info',
    protocol: event.lure === 'http' ? 'HTTP' : event.lure === 'ssh' ? 'SSH' : 'TCP',
    src_ip: event.srcIp,
    src_port: event.srcPort === undefined ? undefined : String(event.srcPort),
    dest_port: event.dstPort === undefined ? undefined : String(event.dstPort),
    session: event.session,
    service: `${event.lure ?? ''} ${event.persona ?? ''}`.trim(),
  }),
  events: {
    login: (event) =>
      said(event.lure === 'tcp' ? 'New TCP attempt' : 'New SSH attempt', 'Stateless', {
        username: textOf(event.data.username),
        password: textOf(event.data.password) ?? '',
      }),
    'ssh.version': ({ data }) => said('New SSH client', 'Stateless', { client: textOf(data.version) }),
    'ssh.shell': () => said('New SSH Session', 'Start', { environ: '', username: '', input: '' }),
    turn: (event) => {
      const generation = (event.data.generation ?? {}) as {
        promptVersion?: string
        model?: string
        totalMs?: number
        outputTokens?: number
      }
      const isTcp = event.lure === 'tcp'
      return said(isTcp ? 'New TCP attempt' : 'New SSH Terminal Session', isTcp ? 'Stateless' : 'Interaction', {
        ...(isTcp && { command: inputOf(event) }),
        input: inputOf(event),
        output: textOf(event.data.output),
        input_duration: inSeconds(event.data.durationMs),
        'sundew.source': event.data.source,
        'sundew.persona': event.persona,
        'sundew.prompt_version': generation.promptVersion,
        'sundew.model': generation.model,
        'sundew.latency_ms': generation.totalMs,
        'sundew.output_tokens': generation.outputTokens,
      })
    },
    'http.request': (event) => {
      const request = requestOf(event)
      return said('HTTP New request', 'Stateless', {
        request_uri: request.target,
        request_method: request.method,
        body: request.body,
        hostname: request.host,
        userAgent: request.header('user-agent') ?? '',
        request_cookies: request.header('cookie') ?? '',
        request_headers: request.headers.map(([name, value]) => `[Key: ${name}, values: ${value}]`).join(','),
      })
    },
    'session.close': (event) =>
      said(event.lure === 'tcp' ? 'End TCP Session' : 'End SSH Session', 'End', { session_duration: inSeconds(event.data.durationMs) }),
  },
  rest: (event) => said(`Sundew ${event.type}`, 'Stateless', unnamed(event)),
})
