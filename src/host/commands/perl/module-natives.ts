import { createHash } from 'node:crypto'
import { fromLocal, localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import type { Interpreter } from './interpreter.ts'
import { connectTo } from './network.ts'
import { type Native, number, PerlHash, Ref, text, truth, type Value } from './value.ts'

/** Functions of modules that are more than a line. */

export const texts =
  (work: (...words: string[]) => Value): Native =>
  (args) => [work(...args.map(text))]
export const numbers =
  (work: (...values: number[]) => Value): Native =>
  (args) => [work(...args.map(number))]
export const digest = (algorithm: string, encoding: 'hex' | 'base64' | 'latin1'): Native =>
  texts((...parts) => {
    const sum = createHash(algorithm)
      .update(Buffer.from(parts.join(''), 'latin1'))
      .digest(encoding)
    return encoding === 'base64' ? sum.replace(/=+$/, '') : sum
  })

export const applying = (p: Interpreter): Record<string, Native> => {
  const each = (name: string, decide: (holds: boolean, value: Value) => Value[] | undefined, otherwise: Value): [string, Native] => [
    name,
    async (args) => {
      let result: Value[] | undefined
      await p.each('_', args.slice(1), async (value) => {
        result = decide(truth((await p.machine.callCode(p.codeOf(args[0]), [], false)).at(-1)), value)
        return result !== undefined
      })
      return result ?? [otherwise]
    },
  ]
  return Object.fromEntries([
    each('first', (holds, value) => (holds ? [value] : undefined), undefined),
    each('any', (holds) => (holds ? [1] : undefined), ''),
    each('all', (holds) => (holds ? undefined : ['']), 1),
  ])
}

export function set(self: Value, name: string): Value[] {
  if (self instanceof Ref && self.to instanceof PerlHash) self.to.map.set(name, 1)
  return [self]
}

export function options(self: Value): { pretty: boolean; canonical: boolean } {
  const map = self instanceof Ref && self.to instanceof PerlHash ? self.to.map : new Map()
  return { pretty: map.has('pretty'), canonical: map.has('canonical') }
}

export async function pause(p: Interpreter, seconds: number): Promise<Value> {
  await p.machine.flush()
  await p.machine.process.sleep(Math.max(0, Math.min(86_400, seconds)) * 1000)
  return seconds
}

export function clock(t: readonly number[], zone: string): number {
  const [second = 0, minute = 0, hour = 0, day = 1, month = 0, year = 70] = t
  return Math.floor(fromLocal(year < 1000 ? year + 1900 : year, month, day, hour, minute, second, zone) / 1000)
}

export function posix(p: Interpreter): Record<string, Native> {
  return {
    floor: numbers((value = 0) => Math.floor(value)),
    ceil: numbers((value = 0) => Math.ceil(value)),
    fmod: numbers((a = 0, b = 1) => a % b),
    pow: numbers((a = 0, b = 0) => a ** b),
    strtol: (args, wantsList) => {
      const value = Number.parseInt(text(args[0]), args.length > 1 ? number(args[1]) || 10 : 10) || 0
      return wantsList ? [value, 0] : [value]
    },
    strftime: (args) => {
      const [format, ...t] = args
      const [second = 0, minute = 0, hour = 0, day = 1, month = 0, year = 70] = t.map(number)
      return [strftime(text(format), localTime(fromLocal(year + 1900, month, day, hour, minute, second, 'UTC'), 'UTC'))]
    },
    mktime: numbers((...t) => clock(t, zoneOf(p.machine.process))),
    setsid: () => [p.machine.process.pid],
    getpid: () => [p.machine.process.pid],
    getuid: () => [p.machine.process.uid],
    isatty: () => [''],
    ttyname: () => [undefined],
    tolower: texts((value = '') => value.toLowerCase()),
    toupper: texts((value = '') => value.toUpperCase()),
    INT_MAX: () => [2_147_483_647],
    INT_MIN: () => [-2_147_483_648],
    DBL_MAX: () => [Number.MAX_VALUE],
    WNOHANG: () => [1],
    EXIT_SUCCESS: () => [0],
    EXIT_FAILURE: () => [1],
    _exit: ([status]) => p.machine.exit(number(status)),
    uname: () => {
      const { kernel } = p.machine.process.world.persona.os
      return ['Linux', p.machine.process.world.hostname, kernel.release, kernel.version, kernel.machine]
    },
  }
}

export function sockets(p: Interpreter): Record<string, Native> {
  return {
    new: async (args) => {
      const given = args.slice(1)
      const named = new Map(
        given.length === 1
          ? [['PeerAddr', text(given[0])]]
          : given.flatMap((value, i) => (i % 2 === 0 ? [[text(value), text(given[i + 1])] as [string, string]] : [])),
      )
      const address = named.get('PeerAddr') ?? named.get('PeerHost') ?? ''
      const [host = '', port = ''] = named.has('PeerPort') ? [address, named.get('PeerPort')] : address.split(':')
      await connectTo(p.machine, host, number(port))
      p.machine.setScalar('@', `IO::Socket::INET: connect: ${text(p.machine.scalarOf('!'))}`)
      return [undefined]
    },
  }
}
