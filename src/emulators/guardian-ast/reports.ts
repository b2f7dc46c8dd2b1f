import { floatHex } from './codec.ts'
import type { Console } from './console.ts'
import { ALARMS, compensated, heightOf, type Tank, type TankState, temperature, volumeAt } from './tanks.ts'

/** A tank that a report is about. */
export interface Row {
  number: number
  tank: Tank
  state: TankState
}

export interface Report {
  /** Lines below the station's header. */
  lines: string[]
  /** Data of the computer format, without its head and checksum. */
  data: string
}

type Reporter = (console: Console, rows: readonly Row[]) => Report

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** `JAN 22, 2015  3:07 PM` of a date whose UTC fields show the local time. */
export function dateText(date: Date): string {
  const hour = date.getUTCHours()
  const clock = `${String(hour % 12 || 12).padStart(2)}:${two(date.getUTCMinutes())} ${hour < 12 ? 'AM' : 'PM'}`
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}, ${date.getUTCFullYear()} ${clock}`
}

/** `YYMMDDHHmm`. */
export function dateDigits(date: Date): string {
  const parts = [date.getUTCFullYear() % 100, date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()]
  return parts.map(two).join('')
}

/** What each inquiry shows, by its function. */
export const REPORTS: Readonly<Record<string, Reporter>> = {
  '101': systemStatus,
  '102': configuration,
  '111': history,
  '112': history,
  '113': history,
  '114': history,
  '201': inventory,
  '202': (console, rows) => deliveries(console, rows, 1),
  '203': leakTests,
  '204': shift,
  '205': tankStatus,
  '206': alarmHistory,
  '208': leakTests,
  '20C': (console, rows) => deliveries(console, rows, 5),
  '20D': stickHeights,
  '251': leakTests,
  '301': () => ({ lines: ['LIQUID STATUS', '', 'NO LIQUID SENSORS CONFIGURED'], data: '' }),
  '501': (console) => ({ lines: ['CURRENT DATE AND TIME', '', dateText(console.clock())], data: dateDigits(console.clock()) }),
  '503': (console) => ({ lines: ['PRINT HEADER', '', ...console.header], data: console.header.map((line) => line.padEnd(20)).join('') }),
  '602': setting('TANK PRODUCT LABEL', 'PRODUCT LABEL', ({ state }) => state.label),
  '604': setting('TANK DIAMETER', 'DIAMETER', ({ tank }) => tank.diameter),
  '607': setting('TANK FULL VOLUME', 'FULL VOL', ({ tank }) => tank.capacity),
  '621': setting('LOW PRODUCT LIMIT', 'GALLONS', ({ state }) => state.limits.low),
  '622': setting('HIGH PRODUCT LIMIT', 'GALLONS', ({ state }) => state.limits.high),
  '623': setting('OVERFILL LIMIT', 'GALLONS', ({ state }) => state.limits.overfill),
  '624': setting('HIGH WATER LIMIT', 'INCHES', ({ state }) => state.limits.water),
  '628': setting('DELIVERY NEEDED LIMIT', 'GALLONS', ({ state }) => state.limits.delivery),
  '902': revision,
}

function inventory(console: Console, rows: readonly Row[]): Report {
  const at = console.now
  return {
    lines: [
      'IN-TANK INVENTORY',
      '',
      'TANK PRODUCT             VOLUME TC VOLUME   ULLAGE   HEIGHT    WATER     TEMP',
      ...rows.map(({ number, tank, state }) => {
        const degrees = state.temperature ?? temperature(tank, at)
        const volumes = [state.volume, compensated(tank, state.volume, degrees), tank.capacity - state.volume]
        const [volume = '', tc = '', ullage = ''] = volumes.map((one) => one.toFixed(0))
        const rest = [heightOf(tank, state.volume), state.water, degrees].map((one) => one.toFixed(2).padStart(9)).join('')
        return ` ${place(number)}  ${state.label.padEnd(20)}${volume.padStart(6)}${tc.padStart(10)}${ullage.padStart(9)}${rest}`
      }),
    ],
    data: rows
      .map(({ number, tank, state }) => {
        const degrees = state.temperature ?? temperature(tank, at)
        const water = volumeAt(tank, state.water)
        const values = [
          state.volume,
          compensated(tank, state.volume, degrees),
          tank.capacity - state.volume,
          heightOf(tank, state.volume),
          state.water,
          degrees,
          water,
        ]
        return `${two(number)}${tank.code}${statusBits(state)}07${values.map(floatHex).join('')}`
      })
      .join(''),
  }
}

function deliveries(console: Console, rows: readonly Row[], most: number): Report {
  const lines = [most === 1 ? 'DELIVERY REPORT' : 'LAST DELIVERIES REPORT', '']
  let data = ''
  for (const { number, tank, state } of rows) {
    const done = state.deliveries.filter(({ endedAt }) => endedAt > 0).slice(-most)
    lines.push(`T${place(number)}:${state.label}`, 'INCREASE   DATE / TIME             GALLONS TC GALLONS WATER  TEMP DEG F  HEIGHT', '')
    data += `${two(number)}${tank.code}${two(done.length)}`
    for (const { startedAt, endedAt, from, to } of [...done].reverse()) {
      const moment = (name: string, at: number, { volume, temperature: degrees }: typeof from): string => {
        const tc = compensated(tank, volume, degrees)
        const numbers = `${volume.toFixed(0).padStart(8)}${tc.toFixed(0).padStart(11)}${state.water.toFixed(2).padStart(7)}`
        return `${name.padStart(9)} ${dateText(console.clock(at))}${numbers}${degrees.toFixed(2).padStart(11)}${heightOf(tank, volume).toFixed(2).padStart(8)}`
      }
      const tc = [to, from].map(({ volume, temperature: degrees }) => compensated(tank, volume, degrees)) as [number, number]
      const amount = to.volume - from.volume
      lines.push(
        moment('END:', endedAt, to),
        moment('START:', startedAt, from),
        `  AMOUNT:${amount.toFixed(0).padStart(31)}${(tc[0] - tc[1]).toFixed(0).padStart(11)}`,
        '',
      )
      const values = [
        from.volume,
        tc[1],
        state.water,
        from.temperature,
        to.volume,
        tc[0],
        state.water,
        to.temperature,
        heightOf(tank, from.volume),
        heightOf(tank, to.volume),
      ]
      data += `${dateDigits(console.clock(startedAt))}${dateDigits(console.clock(endedAt))}0A${values.map(floatHex).join('')}`
    }
  }
  return { lines, data }
}

function leakTests(console: Console, rows: readonly Row[]): Report {
  const lines = ['TANK LEAK TEST RESULTS', '']
  let data = ''
  for (const { number, tank, state } of rows) {
    const status = state.testingSince > 0 ? 'TEST IN PROGRESS' : state.testedAt > 0 ? '0.20 GAL/HR TEST: PASSED' : 'NO TEST DATA AVAILABLE'
    lines.push(`T${place(number)}:${state.label}`, `  TEST STATUS: ${state.testingSince > 0 ? 'ON' : 'OFF'}`, `  ${status}`)
    if (state.testingSince > 0) lines.push(`  STARTED: ${dateText(console.clock(state.testingSince))}`)
    if (state.testedAt > 0) lines.push(`  LAST PASSED: ${dateText(console.clock(state.testedAt))}`)
    lines.push('')
    data += `${two(number)}${tank.code}${state.testingSince > 0 ? '01' : '00'}`
  }
  return { lines, data }
}

function shift(console: Console, rows: readonly Row[]): Report {
  const lines = [
    'SHIFT REPORT',
    '',
    `SHIFT 1 TIME: ${dateText(console.clock()).slice(0, 12)} 12:00 AM`,
    '',
    'TANK PRODUCT             VOLUME   ULLAGE   HEIGHT',
  ]
  for (const { number, tank, state } of rows) {
    const numbers = [state.volume, tank.capacity - state.volume].map((one) => one.toFixed(0))
    lines.push(
      ` ${place(number)}  ${state.label.padEnd(20)}${numbers[0]!.padStart(6)}${numbers[1]!.padStart(9)}${heightOf(tank, state.volume).toFixed(2).padStart(9)}`,
    )
  }
  return { lines, data: rows.map(({ number, tank, state }) => `${two(number)}${tank.code}01${floatHex(state.volume)}`).join('') }
}

function tankStatus(_: Console, rows: readonly Row[]): Report {
  const lines = ['TANK STATUS REPORT', '', 'TANK   PRODUCT              STATUS']
  for (const { number, state } of rows) {
    const [first = 'NORMAL', ...more] = state.alarms
    lines.push(` ${place(number)}    ${state.label.padEnd(21)}${first}`, ...more.map((alarm) => `${' '.repeat(28)}${alarm}`))
  }
  return {
    lines,
    data: rows
      .map(({ number, state }) => `${two(number)}${two(state.alarms.length)}${state.alarms.map((alarm) => ALARMS[alarm].code).join('')}`)
      .join(''),
  }
}

function systemStatus(_: Console, rows: readonly Row[]): Report {
  const alarms = rows.flatMap(({ number, state }) => state.alarms.map((alarm) => ({ number, alarm })))
  return {
    lines: [
      'SYSTEM STATUS REPORT',
      '',
      ...(alarms.length === 0 ? ['ALL FUNCTIONS NORMAL'] : alarms.map(({ number, alarm }) => `T${place(number)}:${alarm}`)),
    ],
    data: alarms.map(({ number, alarm }) => `02${ALARMS[alarm].code}${two(number)}`).join('') || '000000',
  }
}

function history(console: Console, rows: readonly Row[]): Report {
  const lines = ['PRIORITY ALARM HISTORY', '', 'ID  CATEGORY  DESCRIPTION          ALARM TYPE           STATE    DATE    TIME']
  const entries = console.history.slice(0, 20)
  for (const { tank, alarm, at, state } of entries) {
    const date = console.clock(at)
    const hour = date.getUTCHours()
    const when = `${date.getUTCMonth() + 1}-${two(date.getUTCDate())}-${two(date.getUTCFullYear() % 100)} ${String(hour % 12 || 12).padStart(2)}:${two(date.getUTCMinutes())}${hour < 12 ? 'AM' : 'PM'}`
    const label = rows.find(({ number }) => number === tank)?.state.label ?? ''
    lines.push(`T${place(tank)} TANK      ${label.padEnd(21)}${alarm.padEnd(21)}${state.padEnd(7)}${when.padStart(9)}`)
  }
  const data = entries
    .map(
      ({ tank, alarm, at, state }) =>
        `02${ALARMS[alarm].code}${two(tank)}${state === 'ALARM' ? '02' : '01'}${dateDigits(console.clock(at))}`,
    )
    .join('')
  return { lines, data }
}

function alarmHistory(console: Console, rows: readonly Row[]): Report {
  const lines = ['TANK ALARM HISTORY', '']
  for (const { number, state } of rows) {
    lines.push(`TANK ${number}  ${state.label}`)
    for (const { alarm, at } of console.history.filter((entry) => entry.tank === number && entry.state === 'ALARM').slice(0, 3)) {
      lines.push(`  ${alarm.padEnd(22)}${dateText(console.clock(at))}`)
    }
    lines.push('')
  }
  return { lines, data: history(console, rows).data }
}

function stickHeights(_: Console, rows: readonly Row[]): Report {
  const lines = ['STICK HEIGHT REPORT', '', 'TANK PRODUCT             STICK HEIGHT']
  for (const { number, tank, state } of rows)
    lines.push(` ${place(number)}  ${state.label.padEnd(20)}${heightOf(tank, state.volume).toFixed(2).padStart(13)}`)
  return { lines, data: rows.map(({ number, tank, state }) => `${two(number)}${floatHex(heightOf(tank, state.volume))}`).join('') }
}

function configuration(_: Console, rows: readonly Row[]): Report {
  return {
    lines: [
      'SYSTEM CONFIGURATION',
      '',
      'SLOT  BOARD TYPE           POWER ON RESET     CURRENT',
      `  1   4 PROBE / G.T.              ${159_000 + rows.length * 137}      ${159_012 + rows.length * 137}`,
      '  2   UNUSED                   15300122    15300122',
      '  3   UNUSED                   15300122    15300122',
      '  4   UNUSED                   15300122    15300122',
      'COMM  BOARD TYPE           POWER ON RESET     CURRENT',
      '  1   RS232 SERIAL BD.            65420       65431',
      '  2   TCP/IP BD.                 112034      112030',
    ],
    data: '',
  }
}

function revision({ revision: { version, software, created } }: Console): Report {
  return {
    lines: [
      'SOFTWARE REVISION LEVEL',
      `VERSION ${version}`,
      `SOFTWARE# ${software}`,
      `CREATED - ${created}`,
      '',
      'NO SOFTWARE MODULE',
      'SYSTEM FEATURES:',
      '  PERIODIC IN-TANK TESTS',
      '  ANNUAL IN-TANK TESTS',
    ],
    data: `SOFTWARE# ${software}CREATED - ${created}`,
  }
}

/** A report of one thing that is set for each tank. */
function setting(title: string, column: string, read: (row: Row) => string | number): Reporter {
  return (_, rows) => ({
    lines: [title, '', `TANK  ${column}`, ...rows.map((row) => ` ${place(row.number)}    ${read(row)}`)],
    data: rows
      .map((row) => {
        const value = read(row)
        return `${two(row.number)}${typeof value === 'number' ? floatHex(value) : value.padEnd(20)}`
      })
      .join(''),
  })
}

/** Which of the conditions stand, as the status bits of an inventory: a delivery, a leak test. */
function statusBits({ delivering, testingSince }: TankState): string {
  return ((delivering > 0 ? 1 : 0) | (testingSince > 0 ? 2 : 0)).toString(16).padStart(4, '0').toUpperCase()
}

function place(number: number): string {
  return String(number).padStart(2)
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
