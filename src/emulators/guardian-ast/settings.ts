import type { Console } from './console.ts'
import type { Limits, TankState } from './tanks.ts'

const LABEL_LENGTH = 20
const LIMITS: Record<string, keyof Limits> = { '621': 'low', '622': 'high', '623': 'overfill', '624': 'water', '628': 'delivery' }

/** Functions whose S form takes data behind the code. */
export const TAKES_DATA = new Set(['501', '503', '602', '604', ...Object.keys(LIMITS)])

/**
 * Does what an S command asks. @param device number of a tank or a header line; 0 is all
 * @returns false for a function that cannot be set
 */
export function set(console: Console, code: string, device: number, data: string): boolean {
  const tanks = device === 0 ? console.tanks.map((_, i) => i) : [device - 1]
  const change = (how: (state: TankState) => void): true => {
    console.change(tanks, how)
    return true
  }
  const limit = Object.hasOwn(LIMITS, code) ? LIMITS[code] : undefined
  if (limit) {
    const value = numberOf(data)
    return value === undefined || change((state) => (state.limits[limit] = value))
  }
  switch (code) {
    case '001':
    case '003':
    case '604':
      return true
    case '052':
      return change((state) => (state.testingSince = console.now))
    case '053':
      return change((state) => (state.testingSince = 0))
    case '501':
      setClock(console, data)
      return true
    case '503':
      console.setHeader(device, data.slice(0, LABEL_LENGTH))
      return true
    case '602':
      return change((state) => (state.label = data.slice(0, LABEL_LENGTH)))
    default:
      return false
  }
}

function setClock(console: Console, data: string): void {
  if (!/^\d{10}$/.test(data)) return
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = (data.match(/../g) ?? []).map(Number)
  console.setClock(2000 + year, month, day, hour, minute)
}

/** A number in decimal, or an IEEE 754 single in eight hexadecimal digits. */
function numberOf(data: string): number | undefined {
  const text = data.trim()
  const value = /^[0-9A-Fa-f]{8}$/.test(text) ? Buffer.from(text, 'hex').readFloatBE() : Number(text)
  return text !== '' && Number.isFinite(value) && value >= 0 && value < 1e6 ? value : undefined
}
