import { pino } from 'pino'
import { loadSettings } from '../../config/load.ts'
import { RunningFile } from '../../running-file.ts'
import { openStores } from '../../store/open.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

const GIB = 2 ** 30

export const retain: Verb = {
  name: 'retain',
  summary: 'delete by age and size now; a running sensor does it by itself',
  examples: ['sundew retain', 'sundew retain --days 30 --gib 5'],
  options: { days: { type: 'string' }, gib: { type: 'string' } },
  about: { days: 'older than this goes (default store.retainDays)', gib: 'oldest first until it fits (default store.retainGiB)' },
  async run(given, output) {
    const { settings } = loadSettings(given)
    const days = positive(given.options.days, 'days') ?? settings.store.retainDays
    const gib = positive(given.options.gib, 'gib') ?? settings.store.retainGiB
    const running = RunningFile.read(settings.data)
    if (running)
      throw new UsageProblem(`a sensor (pid ${running.pid}) works on ${settings.data}: set store.retainDays and store.retainGiB for it`)
    const stores = openStores(settings, pino({ level: 'silent' }))
    try {
      const { deletedEvents } = await stores.events.retain({ days, bytes: gib * GIB })
      output.line(given.json ? jsonLine({ deletedEvents }) : `${deletedEvents} events deleted`)
      return 0
    } finally {
      await stores.close()
    }
  },
}

function positive(text: unknown, name: string): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0)) throw new UsageProblem(`--${name} ${text} is not a number above 0`)
  return value
}
