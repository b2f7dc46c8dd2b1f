import type { Console } from './console.ts'
import type { Limits, TankState } from './tanks.ts'

const LABEL_LENGTH = 20
const LARGEST_DIAMETER = 9999
/** Limits by the functions that set them. */
export const LIMITS: Readonly<Record<string, keyof Limits>> = {
  '621': 'low',
  '622': 'high',
  '623': 'overfill',
  '624': 'water',
  '625': 'suddenLoss',
  '626': 'leak',
  '627': 'waterWarning',
  '628': 'maximum',
  '629': 'delivery',
}

/** Functions whose S form takes data behind the code. */
export const TAKES_DATA = new Set(['501', '503', '602', '604', '607', ...Object.keys(LIMITS)])

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
    // A reset ends the tests that run; an alarm that is cleared stands again while its condition does.
    case '001':
      console.change([...console.tanks.keys()], (state) => (state.testingSince = 0))
      return true
    case '003':
      return true
    case '604':
    case '607': {
      const value = numberOf(data)
      if (!value || (code === '607' && value > LARGEST_DIAMETER)) return true
      return change((state) => (state[code === '604' ? 'fullVolume' : 'diameter'] = value))
    }
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
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59) return
  console.setClock(2000 + year, month, day, hour, minute)
}

/** A number in decimal, or an IEEE 754 single in eight hexadecimal digits. */
function numberOf(data: string): number | undefined {
  const text = data.trim()
  const value = /^[0-9A-Fa-f]{8}$/.test(text) ? Buffer.from(text, 'hex').readFloatBE() : Number(text)
  return text !== '' && Number.isFinite(value) && value >= 0 && value < 1e6 ? value : undefined
}
