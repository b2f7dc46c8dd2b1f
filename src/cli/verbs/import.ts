import { resolve } from 'node:path'
import { pino } from 'pino'
import { annotatorOf } from '../../analysis/annotator.ts'
import { attackTags } from '../../analysis/attack/tag.ts'
import { Geo } from '../../analysis/geo.ts'
import { loadSettings } from '../../config/load.ts'
import { readCowrie } from '../../imports/cowrie.ts'
import { Importer } from '../../imports/importer.ts'
import { readBeelzebub, readGalah } from '../../imports/llm-honeypots.ts'
import { type LogFile, tpotLogs } from '../../imports/tpot.ts'
import { openStores } from '../../store/open.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import type { ExitCode, Output, Verb } from '../verb.ts'

const READERS = {
  cowrie: { system: 'Cowrie', read: readCowrie },
  beelzebub: { system: 'Beelzebub', read: readBeelzebub },
  galah: { system: 'Galah', read: readGalah },
}

export const importLogs: Verb = {
  name: 'import',
  summary: 'old logs of other honeypots become sessions to review and to make datasets from',
  usage: 'tpot DIR | cowrie FILE… | beelzebub FILE… | galah FILE…',
  examples: [
    'sundew import tpot /data',
    'sundew import cowrie cowrie.json cowrie.json.2026-01-02.gz',
    'sundew import galah event_log.json --data old',
  ],
  options: { sensor: { type: 'string' } },
  about: { sensor: 'the sensor that the events are filed under (default: imported)' },
  async run(given, output): Promise<ExitCode> {
    const files = filesOf(given.words)
    const { settings } = loadSettings(given)
    const log = pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true }))
    const stores = openStores(settings, log, annotatorOf(Geo.open(`${settings.data}/geo`)))
    try {
      const importer = new Importer({
        store: stores.events,
        artifacts: stores.artifacts,
        sensor: typeof given.options.sensor === 'string' ? given.options.sensor : 'imported',
        tag: attackTags,
        onProgress: ({ files: done, lines, events }) =>
          progress(output, `${done} of ${files.length} files, ${lines} lines, ${events} events`),
      })
      const totals = await importer.bring(files)
      if (given.json) output.line(jsonLine(totals))
      else
        output.line(
          `${totals.sessions} sessions, ${totals.events} events from ${totals.lines} lines of ${totals.files} files; ${totals.unread} lines were none`,
        )
      return 0
    } finally {
      await stores.close()
    }
  },
}

function filesOf([kind, ...paths]: readonly string[]): LogFile[] {
  if (paths.length === 0) throw new UsageProblem('say what to bring: tpot DIR, or cowrie, beelzebub or galah with FILEs')
  if (kind === 'tpot') {
    const found = paths.flatMap((path) => tpotLogs(resolve(path)))
    if (found.length === 0) throw new UsageProblem(`${paths.join(', ')} has no <honeypot>/log/ of T-Pot in it`)
    return found
  }
  if (!kind || !Object.hasOwn(READERS, kind)) throw new UsageProblem(`"${kind ?? ''}" is none of tpot, ${Object.keys(READERS).join(', ')}`)
  return paths.map((path) => ({ path: resolve(path), ...READERS[kind as keyof typeof READERS] }))
}

/** On one line of a terminal; a file or pipe gets none. */
function progress(output: Output, text: string): void {
  if (output.columns !== undefined) output.raw(`\r${text.padEnd(output.columns - 1).slice(0, output.columns - 1)}\r`)
}
