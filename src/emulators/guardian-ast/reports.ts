import { activeAlarms, clearedAlarms, priorityHistory, systemStatus, tankHistory, tankStatus, warningHistory } from './alarm-reports.ts'
import { floatHex } from './codec.ts'
import type { Console } from './console.ts'
import { dateDigits, dateText, place, type Report, type Reporter, type Row, two } from './report.ts'
import { SETUP_REPORTS } from './setup-reports.ts'
import { compensated, heightOf, type TankState, temperature, volumeAt } from './tanks.ts'

/** What each inquiry shows, by its function. */
export const REPORTS: Readonly<Record<string, Reporter>> = {
  ...SETUP_REPORTS,
  '101': systemStatus,
  '111': priorityHistory,
  '112': warningHistory,
  '113': activeAlarms,
  '114': clearedAlarms,
  '201': inventory,
  '202': (console, rows) => deliveries(console, rows, 5),
  '203': leakTests,
  '204': shift,
  '205': tankStatus,
  '206': tankHistory,
  '207': leakTestHistory,
  '208': previousTests,
  '20C': (console, rows) => deliveries(console, rows, 1),
  '20D': stickHeights,
  '213': densities,
  '214': densities,
  // Continuous leak detection is an option that this console has not.
  '251': () => ({ lines: ['CSLD TEST RESULTS', 'TANK PRODUCT                RESULT'], data: '' }),
  '301': (_, rows) => ({
    lines: [
      'LIQUID STATUS REPORT',
      '',
      'SENSOR  LOCATION               STATUS',
      ...sensors(rows).map((line) => `${line.padEnd(31)}SENSOR NORMAL`),
    ],
    data: sensors(rows)
      .map((_, i) => `${two(i + 1)}00`)
      .join(''),
  }),
  '302': (_, rows) => ({ lines: ['LIQUID ALARM HISTORY REPORT', '', 'SENSOR  LOCATION', ...sensors(rows)], data: '' }),
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
  const lines = [most === 1 ? 'LAST DELIVERY REPORT' : 'DELIVERY REPORT', '']
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
  const lines: string[] = []
  let data = ''
  for (const { number, tank, state } of rows) {
    const isRunning = state.testingSince > 0
    lines.push(`TANK ${number}    ${state.label.padEnd(23)}`, `    TEST STATUS: ${isRunning ? 'ON' : 'OFF'}`)
    if (isRunning) lines.push('LEAK TEST IN PROGRESS', `STARTED: ${dateText(console.clock(state.testingSince))}`)
    else lines.push('LEAK DATA NOT AVAILABLE ON THIS TANK')
    lines.push('', '')
    data += `${two(number)}${tank.code}${isRunning ? '01' : '00'}`
  }
  return { lines, data }
}

const NO_TEST = 'NO TEST PASSED'

function leakTestHistory(console: Console, rows: readonly Row[]): Report {
  const lines: string[] = []
  let data = ''
  for (const { number, state } of rows) {
    const passed = state.testedAt > 0 ? dateText(console.clock(state.testedAt)) : NO_TEST
    lines.push('TANK LEAK TEST HISTORY', '', `T${place(number)}:${state.label}`, '')
    for (const which of ['LAST GROSS TEST PASSED:', 'LAST ANNUAL TEST PASSED:', 'FULLEST ANNUAL TEST PASS'])
      lines.push(which, '', NO_TEST, '')
    lines.push('LAST PERIODIC TEST PASS:', '', passed, '', '')
    lines.push('FULLEST PERIODIC TEST', 'PASSED EACH MONTH:', '')
    lines.push('TEST START TIME            HOURS    VOLUME   % VOLUME   TEST TYPE', '', '', '')
    data += `${two(number)}${state.testedAt > 0 ? `01${dateDigits(console.clock(state.testedAt))}` : '00'}`
  }
  return { lines, data }
}

function previousTests(console: Console, rows: readonly Row[]): Report {
  const lines = ['PREVIOUS IN TANK LEAK TEST RESULTS', '']
  let data = ''
  for (const { number, state } of rows) {
    const isPassed = state.testedAt > 0
    const periodic = isPassed ? `${dateText(console.clock(state.testedAt)).padEnd(24)}PASSED` : 'NO TEST DATA AVAILABLE'
    lines.push(`TANK ${number}    ${state.label.padEnd(23)}`, 'TEST TYPE  START TIME              RESULT     RATE  HOURS  VOLUME')
    lines.push(' ANNUAL    NO TEST DATA AVAILABLE', ` PERIODIC  ${periodic}`, ' GROSS     NO TEST DATA AVAILABLE', '')
    data += `${two(number)}${isPassed ? '01' : '00'}`
  }
  return { lines, data }
}

/** Products that expand so much are gasolines. Pounds a gallon at 60 °F. */
const GASOLINE_EXPANSION = 0.0006
const POUNDS = { gasoline: 6.17, oil: 7.05 } as const

/** Mass, in pounds, and density of what is in the tanks. */
function densities(console: Console, rows: readonly Row[]): Report {
  const read = ({ tank, state }: Row): { mass: number; density: number; degrees: number } => {
    const degrees = state.temperature ?? temperature(tank, console.now)
    const standard = tank.expansion > GASOLINE_EXPANSION ? POUNDS.gasoline : POUNDS.oil
    const mass = compensated(tank, state.volume, degrees) * standard
    return { mass, density: mass / state.volume, degrees }
  }
  return {
    lines: [
      'IN-TANK MASS/DENSITY INVENTORY',
      '',
      'TANK PRODUCT             VOLUME      MASS  DENSITY     TEMP',
      ...rows.map((row) => {
        const { mass, density, degrees } = read(row)
        const numbers = `${row.state.volume.toFixed(0).padStart(6)}${mass.toFixed(0).padStart(10)}${density.toFixed(3).padStart(9)}`
        return ` ${place(row.number)}  ${row.state.label.padEnd(20)}${numbers}${degrees.toFixed(2).padStart(9)}`
      }),
    ],
    data: rows
      .map((row) => {
        const { mass, density, degrees } = read(row)
        return `${two(row.number)}${row.tank.code}04${[row.state.volume, mass, density, degrees].map(floatHex).join('')}`
      })
      .join(''),
  }
}

/** Tanks in the ground have a sensor between their walls. */
function sensors(rows: readonly Row[]): string[] {
  const buried = rows.filter(({ tank }) => !tank.stands)
  return buried.map(({ number, state }) => `${String(number).padStart(6)}  ${`${state.label.slice(0, 12)} ANNULAR`.padEnd(21)}`)
}

/** What each tank held at the ends of the last shift, and what was sold meanwhile. */
function shift(console: Console, rows: readonly Row[]): Report {
  const lines = [' SHIFT REPORT ', '', 'SHIFT 1 TIME: 12:00 AM', '', 'TANK PRODUCT', '']
  let data = ''
  const last = console.shift
  for (const { number, tank, state } of rows) {
    const held = last?.tanks[number - 1]
    if (!last || !held) continue
    const values = ({ volume, temperature: degrees }: typeof held.from): number[] => [
      volume,
      compensated(tank, volume, degrees),
      tank.capacity - volume,
      heightOf(tank, volume),
      state.water,
      degrees,
    ]
    const delivered = state.deliveries
      .filter(({ endedAt }) => endedAt > last.from && endedAt <= last.to)
      .reduce((sum, { from, to }) => sum + to.volume - from.volume, 0)
    const sold = held.from.volume + delivered - held.to.volume
    lines.push(`${String(number).padStart(3)}  ${state.label.padEnd(23)}VOLUME TC VOLUME  ULLAGE  HEIGHT  WATER   TEMP`)
    lines.push(`SHIFT  1 STARTING VALUES${shiftColumns(values(held.from))}`, `         ENDING VALUES  ${shiftColumns(values(held.to))}`)
    lines.push(
      `         DELIVERY VALUE ${delivered.toFixed(0).padStart(10)}`,
      `         TOTALS         ${sold.toFixed(0).padStart(10)}`,
      '',
    )
    const numbers = [...values(held.from), ...values(held.to), delivered, sold]
    data += `${two(number)}${tank.code}01${two(numbers.length)}${numbers.map(floatHex).join('')}`
  }
  return { lines, data }
}

function shiftColumns(values: readonly number[]): string {
  const columns = [
    [10, 0],
    [10, 0],
    [8, 0],
    [8, 2],
    [7, 2],
    [7, 2],
  ] as const
  return columns.map(([width, decimals], i) => values[i]!.toFixed(decimals).padStart(width)).join('')
}

function stickHeights(_: Console, rows: readonly Row[]): Report {
  const lines = ['STICK HEIGHT REPORT', '', 'TANK PRODUCT             STICK HEIGHT']
  for (const { number, tank, state } of rows)
    lines.push(` ${place(number)}  ${state.label.padEnd(20)}${heightOf(tank, state.volume).toFixed(2).padStart(13)}`)
  return { lines, data: rows.map(({ number, tank, state }) => `${two(number)}${floatHex(heightOf(tank, state.volume))}`).join('') }
}

/** Which of the conditions stand, as the status bits of an inventory: a delivery, a leak test. */
function statusBits({ delivering, testingSince }: TankState): string {
  return ((delivering > 0 ? 1 : 0) | (testingSince > 0 ? 2 : 0)).toString(16).padStart(4, '0').toUpperCase()
}
