import { sensorsOf } from '../../analysis/sensors.ts'
import { loadSettings } from '../../config/load.ts'
import { readMembership } from '../../config/membership.ts'
import { admittedSensors } from '../../hive/headquarters.ts'
import { joinHive, leaveHive } from '../../hive/join.ts'
import { readToken } from '../../hive/token.ts'
import { RunningFile } from '../../running-file.ts'
import { UsageProblem } from '../cli.ts'
import { humanDuration } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, ExitCode, Output, Verb } from '../verb.ts'
import { withStore } from '../with-store.ts'

const columns: Column[] = [
  { title: 'SENSOR' },
  { title: 'STATE' },
  { title: 'LAST SEEN (UTC)' },
  { title: 'BEHIND', align: 'right' },
  { title: 'VERSION', max: 20 },
  { title: 'PORTS', align: 'right' },
  { title: 'EVENTS', align: 'right' },
  { title: 'LAST DAY', align: 'right' },
  { title: 'TROUBLE', max: 80 },
]

export const sensor: Verb = {
  name: 'sensor',
  summary: 'this sensor as part of a hive, and all sensors of one',
  usage: 'ls | join TOKEN | leave | show',
  examples: ['sundew sensor ls', 'sundew sensor join sundew-sensor-WyJuYXRzOi8v…', 'sundew sensor show', 'sundew sensor leave'],
  async run(given, output) {
    const { settings } = loadSettings(given)
    const [what = 'show', text] = given.words
    const isRunning = RunningFile.read(settings.data) !== undefined
    switch (what) {
      case 'ls':
        return list(given, output)
      case 'join': {
        const token = readToken(text ?? '')
        if (!token) throw new UsageProblem('that is no token, or not all of one: copy the whole line that "sundew hive token new" printed')
        const { isServed } = await joinHive(settings, token)
        output.line(`this sensor is ${token.sensor} of the hive at ${token.url}${isRunning ? '; restart it' : ''}`)
        if (!isServed) output.line('the hive is not served yet: events wait here until "sundew hive serve" runs there')
        return 0
      }
      case 'leave':
        if (!leaveHive(settings.data)) throw new UsageProblem('this sensor is part of no hive')
        output.line(`this sensor stands alone${isRunning ? ' once it is restarted' : ''}`)
        return 0
      case 'show': {
        const member = readMembership(settings.data)
        if (given.json) output.line(jsonLine(member ? { url: member.url, sensor: member.sensor } : null))
        else output.line(member ? `${member.sensor} of the hive at ${member.url}` : 'part of no hive')
        return 0
      }
      default:
        throw new UsageProblem('say ls, join TOKEN, leave or show')
    }
  },
}

/** At a hive: those it has admitted, and whose events its store holds. */
async function list(given: Arguments, output: Output): Promise<ExitCode> {
  const found = await withStore(given, (store, { data }) => sensorsOf(store, { admitted: admittedSensors(data) }))
  if (given.json) output.line(jsonLine(found))
  else {
    const rows = found.map((one) => [
      one.name,
      one.state,
      one.lastSeen === undefined ? '' : new Date(one.lastSeen).toISOString().slice(0, 19).replace('T', ' '),
      one.behindMs > 0 ? humanDuration(one.behindMs) : '',
      one.version ?? '',
      one.ports ?? '',
      one.events,
      one.eventsOfDay,
      one.trouble ?? '',
    ])
    output.line(table(columns, rows))
  }
  return 0
}
