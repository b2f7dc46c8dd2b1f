import { setTimeout as sleep } from 'node:timers/promises'
import { loadSettings } from '../../config/load.ts'
import { printableLine } from '../../events/printable.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { gistOf } from '../../store/gist.ts'
import { openReader } from '../../store/open.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

const POLL_MS = 250

export const tail: Verb = {
  name: 'tail',
  summary: 'events as they come, until Ctrl-C',
  examples: ['sundew tail', 'sundew tail --lure ssh', 'sundew tail --json | jq .', 'sundew tail --last 20 --once'],
  options: { lure: { type: 'string' }, type: { type: 'string' }, last: { type: 'string' }, once: { type: 'boolean' } },
  about: {
    lure: 'only of this lure',
    type: 'only this event type',
    last: 'begin with this many of the latest (default 10)',
    once: 'print those and stop',
  },
  async run(given, output) {
    const { settings } = loadSettings(given)
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort())
    const filter = {
      ...(typeof given.options.lure === 'string' ? { lure: given.options.lure } : {}),
      ...(typeof given.options.type === 'string' ? { type: given.options.type } : {}),
    }
    const last = Number(given.options.last ?? 10)
    let after: string | undefined
    while (!stop.signal.aborted) {
      const store = openReader(settings)
      const events = store ? await store.events({ ...filter, ...(after ? { after } : { latest: true }), limit: after ? 1000 : last }) : []
      await store?.close()
      for (const event of events) output.line(given.json ? jsonLine(event) : lineOf(event))
      after = events.at(-1)?.id ?? after
      if (given.options.once) break
      await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(() => undefined)
    }
    return 0
  },
}

function lineOf(event: SundewEvent): string {
  const time = new Date(event.time).toISOString().slice(11, 23)
  const who = event.srcIp ? `${event.srcIp}:${event.srcPort ?? ''}` : '-'
  return `${time}  ${(event.lure ?? '-').padEnd(10)} ${who.padEnd(22)} ${event.type.padEnd(16)} ${printableLine(gistOf(event)).slice(0, 160)}`
}
