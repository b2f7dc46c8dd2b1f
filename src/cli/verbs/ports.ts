import { loadSettings } from '../../config/load.ts'
import { planOf } from '../../instance.ts'
import { RunningFile } from '../../running-file.ts'
import type { PortRow } from '../../sensor/sensor.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Verb } from '../verb.ts'

export const portColumns: Column[] = [
  { title: 'LURE' },
  { title: 'ADDRESS', align: 'right' },
  { title: 'PORT', align: 'right' },
  { title: '' },
  { title: 'PERSONA' },
  { title: 'STANDS FOR', max: 40 },
  { title: 'WHAT', max: 60 },
]

export function portCells(row: PortRow): unknown[] {
  return [row.lure, row.host, row.port, row.tls ? `${row.transport}+tls` : row.transport, row.persona, row.standsFor.join(', '), row.about]
}

export const ports: Verb = {
  name: 'ports',
  summary: 'what listens where; the plan when nothing runs',
  examples: ['sundew ports', 'sundew ports --json'],
  async run(given, output) {
    const loaded = loadSettings(given)
    const running = RunningFile.read(loaded.settings.data)
    const rows = running?.ports ?? planOf(loaded).ports
    if (given.json) {
      output.line(jsonLine(rows))
      return 0
    }
    output.line(table(portColumns, rows.map(portCells)))
    output.line(running ? `\nrunning as process ${running.pid}` : '\nnothing runs on this data folder; this is the plan')
    return 0
  },
}
