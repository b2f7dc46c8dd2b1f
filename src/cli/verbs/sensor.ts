import { loadSettings } from '../../config/load.ts'
import { readMembership } from '../../config/membership.ts'
import { joinHive, leaveHive } from '../../hive/join.ts'
import { readToken } from '../../hive/token.ts'
import { RunningFile } from '../../running-file.ts'
import { UsageProblem } from '../cli.ts'
import type { Verb } from '../verb.ts'

export const sensor: Verb = {
  name: 'sensor',
  summary: 'this sensor as part of a hive',
  usage: 'join TOKEN | leave | show',
  examples: ['sundew sensor join sundew-sensor-WyJuYXRzOi8v…', 'sundew sensor show', 'sundew sensor leave'],
  async run(given, output) {
    const { settings } = loadSettings(given)
    const [what = 'show', text] = given.words
    const isRunning = RunningFile.read(settings.data) !== undefined
    switch (what) {
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
        if (given.json) output.line(JSON.stringify(member ? { url: member.url, sensor: member.sensor } : null))
        else output.line(member ? `${member.sensor} of the hive at ${member.url}` : 'part of no hive')
        return 0
      }
      default:
        throw new UsageProblem('say join TOKEN, leave or show')
    }
  },
}
