import { loadSettings } from '../../config/load.ts'
import { printableLine } from '../../events/printable.ts'
import type { AheadState } from '../../llm/ahead.ts'
import type { CourierStatus } from '../../outputs/courier.ts'
import { RunningFile } from '../../running-file.ts'
import { openReader } from '../../store/open.ts'
import { humanBytes, humanDuration } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

const DAY = 86_400_000

export const status: Verb = {
  name: 'status',
  summary: 'one screen: is everything well, and what came in',
  examples: ['sundew status', 'sundew status --json'],
  async run(given, output) {
    const { settings } = loadSettings(given)
    const running = RunningFile.read(settings.data)
    const store = openReader(settings)
    const [total, day] = store ? await Promise.all([store.counts(), store.counts(Date.now() - DAY)]) : [undefined, undefined]
    await store?.close()
    if (given.json) {
      output.line(jsonLine({ running: running ?? null, total: total ?? null, day: day ?? null }))
      return running ? 0 : 1
    }
    if (running) {
      const { engine, sensor, bus } = running
      output.line(
        `sensor    running as process ${running.pid} for ${humanDuration(Date.now() - running.startedAt)}, version ${running.version}`,
      )
      output.line(
        `lures     ${new Set(running.ports.map((p) => p.lure)).size} on ${running.ports.length} ports, ${sensor.connections} connections open`,
      )
      for (const { what, cure } of running.closed) output.line(`          CLOSED: ${what}; tried again every second; cure: ${cure}`)
      output.line(`udp       ${sensor.udpAnswered} answered, ${sensor.udpWithheld} withheld by the reply governor`)
      output.line(`memory    ${humanBytes(running.memoryBytes)}`)
      output.line(`engine    ${engine.enabled ? engineLine(engine) : 'off: built-in answers only'}`)
      if (engine.ahead && engine.ahead.made > 0) output.line(`          ${aheadLine(engine.ahead)}`)
      for (const b of engine.backends) {
        const health = b.drained ? 'drained' : b.up === undefined ? 'not asked yet' : b.up ? 'up' : 'down'
        output.line(
          `          ${b.kind} ${b.url} ${b.model}: ${health}, breaker ${b.breaker}${b.trouble ? ` (${printableLine(b.trouble)})` : ''}`,
        )
      }
      output.line(
        `store     ${running.store.engine}, ${humanBytes(running.store.bytes)}, ${running.store.waiting} waiting, ${running.store.spooled} spooled`,
      )
      if (running.store.trouble) output.line(`          TROUBLE: ${running.store.trouble.what}; cure: ${running.store.trouble.cure}`)
      if (bus.deadLetters || bus.listenerFaults)
        output.line(`bus       ${bus.deadLetters} dead letters, ${bus.listenerFaults} faults of listeners`)
      for (const one of running.outputs) output.line(`output    ${outputLine(one)}`)
    } else {
      output.line(`sensor    not running on ${settings.data}`)
    }
    if (total && day) {
      output.line(
        `kept      ${total.events} events, ${total.sessions} sessions, ${total.sources} sources, ${total.deadLetters} dead letters`,
      )
      output.line(`last day  ${day.events} events, ${day.sessions} sessions, ${day.sources} sources`)
    }
    return running ? 0 : 1
  },
}

function outputLine({ name, kind, sent, deadLetters, lagMs, trouble }: CourierStatus): string {
  const lag = lagMs > 0 ? `${humanDuration(lagMs)} behind` : 'up to date'
  const letters = deadLetters > 0 ? `, ${deadLetters} dead letters` : ''
  return `${name === kind ? name : `${name} (${kind})`}: ${sent} sent, ${lag}${letters}${trouble ? `, TROUBLE: ${printableLine(trouble)}` : ''}`
}

function aheadLine({ made, used, tokens, unusedTokens }: AheadState): string {
  return `asked ahead: ${made} answers, ${used} of them used since; ${tokens} tokens, ${unusedTokens} of them for what nobody asked yet`
}

function engineLine(engine: { asked: number; cacheHits: number; generated: number; fallbacks: number; queued: number }): string {
  return `${engine.asked} asked: ${engine.generated} generated, ${engine.cacheHits} from cache, ${engine.fallbacks} built-in; ${engine.queued} queued`
}
