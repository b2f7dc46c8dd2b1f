const SUFFIXES = 'KMGTPEZY'

/** Powers for the suffixes of GNU sizes: `k`, `K`, `KiB` = 1024; `kB`, `KB` = 1000; `b` = 512 where `blocks`. */
export function parseSize(text: string, blocks = true): number | undefined {
  const found = /^(\d{1,18})(?:([kKMGTPEZY])(i?B)?|b|c|w)?$/.exec(text)
  if (!found) return undefined
  const number = Number(found[1])
  const last = text.at(-1)
  if (!found[2]) return last === 'b' && blocks ? number * 512 : last === 'w' ? number * 2 : number
  const power = SUFFIXES.indexOf(found[2].toUpperCase()) + 1
  return number * (found[3] === 'B' ? 1000 : 1024) ** power
}

/** `1.5K`, `12M`, `999`: as `ls -h`, `du -h` and `df -h` write sizes (rounded up, one decimal below ten). */
export function humanSize(bytes: number, base: 1000 | 1024 = 1024): string {
  if (bytes < base) return String(Math.ceil(bytes))
  let value = bytes
  let power = 0
  while (value >= base && power < SUFFIXES.length) {
    value /= base
    power++
  }
  const tenths = Math.ceil(value * 10) / 10
  if (tenths < 10) return `${tenths.toFixed(1)}${unit(power, base)}`
  const whole = Math.ceil(value)
  return whole >= base && power < SUFFIXES.length ? `1.0${unit(power + 1, base)}` : `${whole}${unit(power, base)}`
}

function unit(power: number, base: number): string {
  const suffix = SUFFIXES[power - 1] as string
  return base === 1000 && power === 1 ? 'k' : suffix
}

/** As util-linux writes sizes: rounded to one decimal, which is left out when it is 0; `4 MiB`, or in short `181.2M`. */
export function binarySize(bytes: number, short = false): string {
  let power = 0
  while (power < SUFFIXES.length && bytes >= 1024 ** (power + 1)) power++
  const tenths = Math.round((bytes / 1024 ** power) * 10)
  const number = tenths % 10 === 0 ? String(tenths / 10) : (tenths / 10).toFixed(1)
  const letter = power === 0 ? '' : (SUFFIXES[power - 1] as string)
  if (short) return `${number}${letter || 'B'}`
  return `${number} ${letter ? `${letter}iB` : 'B'}`
}
