import { type Item, Option, type OptionVerb, Verb } from './codec.ts'
import type { TelnetStream } from './stream.ts'

const SEND = 1
const option = (verb: OptionVerb, number: number): Item => ({ kind: 'option', verb, option: number })
const say = (number: number, ...content: number[]): Item => ({ kind: 'subnegotiation', option: number, content: Buffer.from(content) })
/** A stray NUL that telnetd 2.4 sends behind its own sub-negotiations of LINEMODE and LFLOW. */
const NUL: Item = { kind: 'data', bytes: Buffer.of(0) }

/** Options whose answers telnetd waits for before it asks what they say, in the order in which it asks. */
const ABOUT_TERMINAL = [Option.TSPEED, Option.XDISPLOC, Option.NEW_ENVIRON, Option.TTYPE]

const LINEMODE = { MODE: 1, SLC: 3, EDIT_TRAPSIG: 3, LIT_ECHO: 16 } as const
/** Its special characters, as triples of function, level and value (RFC 1184 §2.4): ^C, ^\, ^Z, DEL, ^U, ^W, ^R, ^V, ^Q, ^S. */
const SPECIAL_CHARACTERS = [
  3, 226, 3, 4, 130, 15, 7, 226, 28, 8, 130, 4, 9, 194, 26, 10, 130, 127, 11, 130, 21, 12, 130, 23, 13, 130, 18, 14, 130, 22, 15, 130, 17,
  16, 130, 19,
]
const LFLOW_RESTART_XON = 3
const OFFERED_LINEMODE = 'LINEMODE offered'

/**
 * What inetutils-telnetd 2.4 asks before login starts, waiting for each answer, as recorded from Debian 12: who answers
 * nothing sees nothing more. False when the client left meanwhile.
 */
export async function negotiateInetutils(stream: TelnetStream): Promise<boolean> {
  const heard = new Set<string>()
  stream.onItem = (item) => {
    if (item.kind === 'subnegotiation') heard.add(`${item.option} ${item.option === Option.LINEMODE ? item.content[0] : ''}`)
    if (item.kind !== 'option' || item.verb !== 'WILL' || item.option !== Option.LINEMODE || heard.has(OFFERED_LINEMODE)) return []
    // Said before it was asked, as hydra does.
    heard.add(OFFERED_LINEMODE)
    return [option('DO', Option.LINEMODE), say(Option.LINEMODE, LINEMODE.MODE, LINEMODE.LIT_ECHO), NUL]
  }
  const told = (...options: number[]): boolean => options.every((one) => stream.theirs.has(one))
  return (await askTerminal(stream, told, heard)) && (await askModes(stream, told, heard))
}

async function askTerminal(stream: TelnetStream, told: (...options: number[]) => boolean, heard: Set<string>): Promise<boolean> {
  await stream.send(
    option('WILL', Option.AUTHENTICATION),
    option('WILL', Option.ENCRYPT),
    option('DO', Option.TTYPE),
    option('DO', Option.TSPEED),
    option('DO', Option.XDISPLOC),
    option('DO', Option.NEW_ENVIRON),
    option('DO', Option.OLD_ENVIRON),
  )
  if (!(await until(stream, () => told(...ABOUT_TERMINAL, Option.OLD_ENVIRON)))) return false
  const asked = ABOUT_TERMINAL.filter((one) => stream.theirs.get(one))
  if (asked.length === 0) return true
  await stream.send(...asked.map((one) => say(one, SEND)))
  return until(stream, () => asked.every((one) => heard.has(`${one} `)))
}

async function askModes(stream: TelnetStream, told: (...options: number[]) => boolean, heard: Set<string>): Promise<boolean> {
  const isOffered = heard.has(OFFERED_LINEMODE)
  heard.add(OFFERED_LINEMODE)
  await stream.send(
    option('WILL', Option.SGA),
    option('DO', Option.ECHO),
    ...(isOffered ? [] : [option('DO', Option.LINEMODE)]),
    option('DO', Option.NAWS),
    option('WILL', Option.STATUS),
    option('DO', Option.LFLOW),
  )
  if (!(await until(stream, () => told(Option.ECHO, Option.LINEMODE)))) return false
  const flow = stream.theirs.get(Option.LFLOW) ? [say(Option.LFLOW, LFLOW_RESTART_XON), NUL] : []
  const noEcho = stream.theirs.get(Option.ECHO) ? [option('DONT', Option.ECHO)] : []
  if (!stream.theirs.get(Option.LINEMODE)) {
    await stream.send(...flow, ...noEcho, option('WILL', Option.ECHO), option('DO', Option.TIMING_MARK), option('DO', Option.BINARY))
    return true
  }
  if (!isOffered) await stream.send(say(Option.LINEMODE, LINEMODE.MODE, LINEMODE.EDIT_TRAPSIG), NUL)
  const edits = heard.has(`${Option.LINEMODE} ${LINEMODE.SLC}`)
  if (edits && !(await until(stream, () => heard.has(`${Option.LINEMODE} ${LINEMODE.MODE}`)))) return false
  await stream.send(
    ...flow,
    ...noEcho,
    option('WILL', Option.ECHO),
    option('DO', Option.BINARY),
    option('DONT', Option.LINEMODE),
    ...(edits ? [say(Option.LINEMODE, LINEMODE.SLC, ...SPECIAL_CHARACTERS)] : []),
  )
  return true
}

async function until(stream: TelnetStream, isSo: () => boolean): Promise<boolean> {
  while (!isSo()) if (!(await stream.receive())) return false
  return true
}

/** Options that telnetd has offered or asked for itself: an answer to them wants no answer. */
const OFFERED: ReadonlySet<number> = new Set([Option.SGA, Option.ECHO, Option.STATUS, Option.AUTHENTICATION, Option.ENCRYPT])
const ASKED: ReadonlySet<number> = new Set([
  ...ABOUT_TERMINAL,
  Option.OLD_ENVIRON,
  Option.ECHO,
  Option.LINEMODE,
  Option.NAWS,
  Option.LFLOW,
  Option.TIMING_MARK,
  Option.BINARY,
])

/** What inetutils-telnetd answers to what the client says of its own accord (RFC 1143), and to `IAC AYT`. */
export function answerInetutils(item: Exclude<Item, { kind: 'data' }>): Item[] {
  if (item.kind === 'command') return item.code === Verb.AYT ? [{ kind: 'data', bytes: Buffer.from('\r\n[Yes]\r\n') }] : []
  if (item.kind === 'subnegotiation') return []
  if (item.verb === 'DO' && item.option === Option.TIMING_MARK) return [option('WILL', Option.TIMING_MARK)]
  if (item.verb === 'DO' && !OFFERED.has(item.option)) return [option('WONT', item.option)]
  if (item.verb === 'WILL' && !ASKED.has(item.option)) return [option(item.option === Option.SGA ? 'DO' : 'DONT', item.option)]
  return []
}
