import { floatHex } from './codec.ts'
import type { Console } from './console.ts'
import { dateDigits, dateText, place, type Report, type Reporter, type Row, two } from './report.ts'
import { LIMITS } from './settings.ts'
import { gaugedHeight } from './tanks.ts'

const TITLES: Readonly<Record<string, string>> = {
  '621': 'TANK LOW PRODUCT LIMIT',
  '622': 'TANK HIGH PRODUCT LIMIT',
  '623': 'TANK OVERFILL LIMIT',
  '624': 'TANK HIGH WATER LIMIT',
  '625': 'TANK SUDDEN LOSS LIMIT',
  '626': 'TANK LEAK ALARM LIMIT',
  '627': 'TANK HIGH WATER WARNING LIMIT',
  '628': 'TANK MAXIMUM VOLUME LIMIT',
  '629': 'TANK DELIVERY REQUIRED LIMIT',
}

/** Reports of what is set up, which have no station header. */
export const SETUP_REPORTS: Readonly<Record<string, Reporter>> = {
  '102': configuration,
  '501': (console) => ({ lines: ['SYSTEM DATE AND TIME', '', dateText(console.clock())], data: dateDigits(console.clock()) }),
  '503': (console) => ({ lines: ['PRINT HEADER', '', ...console.header], data: console.header.map((line) => line.padEnd(20)).join('') }),
  '601': (_, rows) => ({
    lines: [
      'TANK CONFIGURATION',
      '',
      'DEVICE  LABEL                  CONFIGURED',
      ...rows.map(({ number, state }) => `${String(number).padStart(6)}  ${state.label.padEnd(23)}ON`),
    ],
    data: rows.map(({ number }) => `${two(number)}1`).join(''),
  }),
  '602': setting('TANK PRODUCT LABEL', '', () => undefined),
  '603': setting('TANK PRODUCT CODE', '', ({ tank }) => tank.code),
  '604': setting('TANK FULL VOLUME', 'GALLONS', ({ tank }) => tank.capacity),
  '607': setting('TANK DIAMETER', 'INCHES', ({ tank }) => gaugedHeight(tank), 2),
  '609': setting('TANK THERMAL COEFFICIENT', '', ({ tank }) => tank.expansion, 6),
  ...Object.fromEntries(
    Object.entries(LIMITS).map(([code, limit]) => {
      const isWater = limit === 'water' || limit === 'waterWarning'
      return [code, setting(TITLES[code]!, isWater ? 'INCHES' : 'GALLONS', ({ state }) => state.limits[limit], isWater ? 1 : 0)]
    }),
  ),
  '902': revision,
}

/** A report of one thing that is set for each tank; without a value its label. */
function setting(title: string, unit: string, read: (row: Row) => string | number | undefined, decimals = 0): Reporter {
  return (_, rows) => ({
    lines: [
      title,
      '',
      `TANK   PRODUCT LABEL${unit.padStart(20)}`.trimEnd(),
      ...rows.map((row) => {
        const value = read(row)
        const text = typeof value === 'number' ? value.toFixed(decimals) : (value ?? '')
        return ` ${String(row.number).padEnd(6)}${row.state.label.padEnd(20)}${text.padStart(12)}`
      }),
    ],
    data: rows
      .map((row) => {
        const value = read(row)
        return `${two(row.number)}${typeof value === 'number' ? floatHex(value) : (value ?? row.state.label.padEnd(20))}`
      })
      .join(''),
  })
}

/** Boards in the slots, with what each is known by: a resistance in ohms. */
function configuration(_: Console, rows: readonly Row[]): Report {
  const lines = ['SLOT  BOARD TYPE                    POWER ON RESET     CURRENT']
  const board = (slot: string, name: string, ohms: number, drift: number): void => {
    lines.push(`${slot}   ${name.padEnd(26)}${String(ohms).padStart(17)}${String(ohms - drift).padStart(17)}`)
  }
  board(place(1).padStart(3), '4 PROBE / G.T.', 159_000 + rows.length * 1370, 402)
  board(place(2).padStart(3), 'INTERSTITIAL BD', 202_440, 742)
  for (let slot = 3; slot <= 8; slot++) board(String(slot).padStart(3), 'UNUSED', 9_890_000 + ((slot * 7919) % 32_000), 96_340 + slot * 611)
  for (const [i, name] of ['RS232 SERIAL BD', 'TCP/IP BD', 'UNUSED', 'UNUSED', 'UNUSED', 'UNUSED'].entries()) {
    const ohms = name === 'UNUSED' ? 9_884_056 + i * 2111 : 65_420 + i * 46_614
    lines.push(`      COMM ${i + 1} ${name.padEnd(17)}${String(ohms).padStart(17)}${String(ohms - Math.floor(ohms / 97)).padStart(17)}`)
  }
  return { lines: ['SYSTEM CONFIGURATION', '', ...lines], data: '' }
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
