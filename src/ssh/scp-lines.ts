/** A control line of the protocol of rcp is malformed; the message is what OpenSSH's scp says of it (scp.c, sink). */
export class ControlError extends Error {}

export interface Entry {
  kind: 'C' | 'D'
  mode: number
  size: number
  name: string
}

const protocolError = (what: string): ControlError => new ControlError(`protocol error: ${what}`)

/** `C0644 5 name` or `D0755 0 name`, looked at from left to right. @throws ControlError */
export function readEntry(line: string): Entry {
  const mode = line.slice(1, 5)
  if (!/^[0-7]{4}$/.test(mode)) throw protocolError('bad mode')
  if (line[5] !== ' ') throw protocolError('mode not delimited')
  const size = /^\d+/.exec(line.slice(6))?.[0]
  if (size === undefined) throw protocolError('size not present')
  if (line[6 + size.length] !== ' ') throw protocolError('size not delimited')
  if (size.length > 19 || BigInt(size) >= 2n ** 63n) throw protocolError('size out of range')
  const name = line.slice(7 + size.length)
  if (name === '' || name === '.' || name === '..' || name.includes('/')) throw new ControlError(`error: unexpected filename: ${name}`)
  return { kind: line[0] as 'C' | 'D', mode: Number.parseInt(mode, 8), size: Number(size), name }
}

/** `T<mtime> <microseconds> <atime> <microseconds>`; milliseconds since 1970. @throws ControlError */
export function readTimes(line: string): { mtime: number; atime: number } {
  const [mtime, behindMtime] = readTime(line.slice(1), 'mtime', ' ')
  const [atime] = readTime(behindMtime, 'atime', '')
  return { mtime, atime }
}

function readTime(text: string, name: string, end: string): [ms: number, rest: string] {
  const seconds = /^\d+/.exec(text)?.[0]
  if (seconds === undefined) throw protocolError(`${name}.sec not present`)
  if (text[seconds.length] !== ' ') throw protocolError(`${name}.sec not delimited`)
  const [, micros, rest] = /^(\d{1,6})(.*)$/s.exec(text.slice(seconds.length + 1)) ?? []
  if (micros === undefined || !(end ? rest!.startsWith(end) : rest === '')) throw protocolError(`${name}.usec not delimited`)
  return [Number(seconds) * 1000, rest!.slice(end.length)]
}
