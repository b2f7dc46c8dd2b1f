import type { Console, HistoryEntry } from './console.ts'
import { dateDigits, dateText, place, type Report, type Reporter, type Row, shortDate, two } from './report.ts'
import { ALARM_NAMES, ALARMS, type AlarmName } from './tanks.ts'

/** Category of tank alarms in the computer format. */
const TANK = '02'
const LISTED = 50
const DATES_OF_AN_ALARM = 3
const COLUMNS = 'ID  CATEGORY  DESCRIPTION          ALARM TYPE           STATE    DATE    TIME'

export const systemStatus: Reporter = (_, rows) => {
  const alarms = rows.flatMap(({ number, state }) => state.alarms.map((alarm) => ({ number, alarm })))
  const lines = alarms.length === 0 ? ['ALL FUNCTIONS NORMAL'] : alarms.map(({ number, alarm }) => `T${place(number)}:${alarm}`)
  return {
    lines: ['SYSTEM STATUS REPORT', '', ...lines],
    data: alarms.map(({ number, alarm }) => `${TANK}${codeOf(alarm)}${two(number)}`).join('') || '000000',
  }
}

export const tankStatus: Reporter = (_, rows) => {
  const lines = ['TANK   PRODUCT                 STATUS', '']
  for (const { number, state } of rows) {
    const [first = 'NORMAL', ...more] = state.alarms
    lines.push(`${String(number).padStart(3)}    ${state.label.padEnd(24)}${first}`, ...more.map((alarm) => ' '.repeat(31) + alarm), '')
  }
  // How many is in hex, the types are decimal.
  const counted = ({ state: { alarms } }: Row): string => alarms.length.toString(16).toUpperCase().padStart(2, '0')
  return { lines, data: rows.map((row) => `${two(row.number)}${counted(row)}${row.state.alarms.map(codeOf).join('')}`).join('') }
}

export const priorityHistory: Reporter = (console, rows) =>
  history(['PRIORITY ALARM HISTORY'], console, rows, ({ alarm }) => !ALARMS[alarm].isWarning)

export const warningHistory: Reporter = (console, rows) =>
  history(['NON-PRIORITY ALARM HISTORY'], console, rows, ({ alarm }) => ALARMS[alarm].isWarning)

export const clearedAlarms: Reporter = (console, rows) =>
  history(['CLEARED ALARMS REPORT', ''], console, rows, ({ state }) => state === 'CLEAR')

function history(title: string[], console: Console, rows: readonly Row[], shows: (entry: HistoryEntry) => boolean): Report {
  const entries = console.history.filter(shows).slice(0, LISTED)
  const line = ({ tank, alarm, at, state }: HistoryEntry): string =>
    `${identity(tank, rows)}${alarm.padEnd(21)}${state.padEnd(6)} ${shortDate(console.clock(at))}`
  const data = ({ tank, alarm, at, state }: HistoryEntry): string =>
    `${TANK}${codeOf(alarm)}${two(tank)}${state === 'ALARM' ? '02' : '01'}${dateDigits(console.clock(at))}`
  return { lines: [...title, COLUMNS, ...entries.map(line)], data: entries.map(data).join('') }
}

/** What stands now, whether anybody has taken note of it or not. */
export const activeAlarms: Reporter = (console, rows) => {
  const since = (tank: number, alarm: AlarmName): Date => {
    const raised = console.history.find((entry) => entry.tank === tank && entry.alarm === alarm && entry.state === 'ALARM')
    return console.clock(raised?.at)
  }
  const active = rows.flatMap(({ number, state }) => state.alarms.map((alarm) => ({ number, alarm, date: since(number, alarm) })))
  return {
    lines: [
      'ACTIVE ALARMS REPORT',
      '',
      'ID  CATEGORY  DESCRIPTION          ALARM TYPE             DATE    TIME',
      ...active.map(({ number, alarm, date }) => `${identity(number, rows)}${alarm.padEnd(21)}${shortDate(date)}`),
    ],
    data:
      console.header.map((line) => line.padEnd(20)).join('') +
      active.map(({ number, alarm, date }) => `${TANK}${codeOf(alarm)}${two(number)}${dateDigits(date)}`).join(''),
  }
}

/** The last moments of each alarm, tank by tank. */
export const tankHistory: Reporter = (console, rows) => {
  const lines = ['TANK ALARM HISTORY', '']
  let data = ''
  for (const { number, state } of rows) {
    lines.push(`TANK ${number}  ${state.label.padEnd(20)}`, '')
    const raised = console.history.filter((entry) => entry.tank === number && entry.state === 'ALARM')
    const listed = ALARM_NAMES.flatMap((alarm) => [raised.filter((entry) => entry.alarm === alarm).slice(0, DATES_OF_AN_ALARM)])
    for (const entries of listed) {
      lines.push(...entries.map(({ alarm, at }, i) => `     ${(i === 0 ? alarm : '').padEnd(25)}${dateText(console.clock(at))}`))
      if (entries.length > 0) lines.push('')
    }
    const all = listed.flat()
    // Here the types are in hex.
    const type = (alarm: AlarmName): string => ALARMS[alarm].code.toString(16).toUpperCase().padStart(4, '0')
    data += `${two(number)}${two(all.length)}${all.map(({ alarm, at }) => `${type(alarm)}${dateDigits(console.clock(at))}`).join('')}`
  }
  return { lines, data }
}

function identity(tank: number, rows: readonly Row[]): string {
  const label = rows.find(({ number }) => number === tank)?.state.label ?? ''
  return `T${place(tank)} ${'TANK'.padEnd(10)}${label.padEnd(21)}`
}

function codeOf(alarm: AlarmName): string {
  return two(ALARMS[alarm].code)
}
