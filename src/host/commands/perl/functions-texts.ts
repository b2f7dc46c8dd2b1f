import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import type { PerlFunction } from './functions.ts'
import type { Interpreter } from './interpreter.ts'
import { flag } from './operations.ts'
import { pack, unpack } from './packing.ts'
import { codeText } from './quoting.ts'
import { patternOf } from './regex.ts'
import { sprintf } from './sprintf.ts'
import type { Node } from './syntax.ts'
import { Box, Code, number, PerlArray, PerlHash, Ref, type Scope, text, type Value } from './value.ts'
import { arrayOf, assignScalar, hashOf } from './variables.ts'

const IT: Node = { type: 'variable', sigil: '$', name: '_', line: 0 }

/** A function of one text, by default `$_`. */
function ofText(work: (value: string, p: Interpreter) => Value): PerlFunction {
  return async (p, { args }, scope) => [work(text(await p.scalar(args[0] ?? IT, scope)), p)]
}

function ofNumber(work: (value: number, p: Interpreter) => Value): PerlFunction {
  return async (p, { args }, scope) => [work(number(await p.scalar(args[0] ?? IT, scope)), p)]
}

async function chopped(p: Interpreter, args: readonly Node[], scope: Scope, cut: (value: string) => string): Promise<Value[]> {
  let removed: Value = 0
  const targets = args.length ? args : [IT]
  for (const target of targets) {
    const node = target
    if (node.type === 'variable' && node.sigil === '@') {
      const array = await arrayOf(p, node, scope)
      array.items = array.items.map((item) => cut(text(item)))
      continue
    }
    if (node.type === 'assign' && node.target.type === 'my' && (node.target.targets[0] as { sigil?: string }).sigil === '@') {
      await p.scalar(node, scope)
      const array = await arrayOf(p, node.target.targets[0] as Node, scope)
      array.items = array.items.map((item) => cut(text(item)))
      continue
    }
    if (node.type === 'list') {
      await chopped(p, node.items, scope, cut)
      continue
    }
    const value = text(await p.scalar(node, scope))
    const rest = cut(value)
    const place = node.type === 'assign' ? (node.target.type === 'my' ? (node.target.targets[0] as Node) : node.target) : node
    if (rest !== value) await assignScalar(p, place, rest, scope)
    removed = value.length - rest.length
  }
  return [removed]
}

async function split(p: Interpreter, args: readonly Node[], scope: Scope): Promise<Value[]> {
  const [pattern, subjectNode, limitNode] = args
  const subject = text(await p.scalar(subjectNode ?? IT, scope))
  const limit = limitNode ? Math.trunc(number(await p.scalar(limitNode, scope))) : 0
  const source =
    pattern === undefined
      ? ' '
      : pattern.type === 'match'
        ? text(await p.scalar(pattern.pattern, scope))
        : text(await p.scalar(pattern, scope))
  const awk = (pattern?.type !== 'match' && source === ' ') || pattern === undefined
  const line = awk ? subject.replace(/^\s+/, '') : subject
  const { regex } = patternOf(p.machine, awk ? '\\s+' : source === '^' ? '(?m)^' : source, pattern?.type === 'match' ? pattern.flags : '')
  const parts: Value[] = []
  let from = 0
  while (line !== '' && !(limit > 0 && parts.length >= limit - 1)) {
    const pause = p.machine.spend()
    if (pause) await pause
    let found = regex.exec(line, from)
    // A match of nothing at the start of a field does not end it.
    if (found && found[1] === found[0] && found[0] === from) found = from < line.length ? regex.exec(line, from + 1) : undefined
    if (!found || (found[1] === found[0] && (found[0] as number) >= line.length)) break
    parts.push(line.slice(from, found[0]))
    for (let group = 1; group < found.length / 2; group++)
      parts.push((found[group * 2] as number) < 0 ? undefined : line.slice(found[group * 2], found[group * 2 + 1]))
    from = found[1] as number
    p.machine.boundedList(parts)
  }
  if (line !== '') parts.push(line.slice(from))
  if (limit === 0) while (parts.length && (parts.at(-1) === '' || parts.at(-1) === undefined)) parts.pop()
  return parts
}

export const TEXT_FUNCTIONS: Readonly<Record<string, PerlFunction>> = {
  length: async (p, { args }, scope) => {
    const value = await p.scalar(args[0] ?? IT, scope)
    return [value === undefined ? undefined : text(value).length]
  },
  lc: ofText((value) => value.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  uc: ofText((value) => value.replace(/[a-z]+/g, (part) => part.toUpperCase())),
  fc: ofText((value) => value.toLowerCase()),
  lcfirst: ofText((value) => value.slice(0, 1).toLowerCase() + value.slice(1)),
  ucfirst: ofText((value) => value.slice(0, 1).toUpperCase() + value.slice(1)),
  quotemeta: ofText((value) => value.replace(/[^A-Za-z0-9_]/g, '\\$&')),
  ord: ofText((value) => value.codePointAt(0) ?? 0),
  chr: ofNumber((value) => codeText(Math.max(0, Math.trunc(value)))),
  hex: ofText((value) => Number.parseInt(value.replace(/^0?x/i, '').replaceAll('_', ''), 16) || 0),
  oct: ofText((value) => {
    const digits = value.trim().replaceAll('_', '')
    if (/^0?x/i.test(digits)) return Number.parseInt(digits.replace(/^0?x/i, ''), 16) || 0
    if (/^0?b/i.test(digits)) return Number.parseInt(digits.replace(/^0?b/i, ''), 2) || 0
    return Number.parseInt(digits.replace(/^0?o/i, ''), 8) || 0
  }),
  abs: ofNumber(Math.abs),
  int: ofNumber((value) => Math.trunc(value) || 0),
  sqrt: ofNumber((value, p) => (value < 0 ? p.machine.die(`Can't take sqrt of ${value}`) : Math.sqrt(value))),
  log: ofNumber((value, p) => (value <= 0 ? p.machine.die(`Can't take log of ${value}`) : Math.log(value))),
  exp: ofNumber(Math.exp),
  sin: ofNumber(Math.sin),
  cos: ofNumber(Math.cos),
  atan2: async (p, { args }, scope) => {
    const [y, x] = await p.lists(args, scope)
    return [Math.atan2(number(y), number(x))]
  },
  rand: async (p, { args }, scope) => [Math.random() * (args[0] ? number(await p.scalar(args[0], scope)) || 1 : 1)],
  srand: async (p, { args }, scope) => [args[0] ? number(await p.scalar(args[0], scope)) : 42],
  chomp: (p, { args }, scope) => {
    const separator = p.machine.scalarOf('/')
    const end = separator === undefined ? undefined : text(separator)
    return chopped(p, args, scope, (value) =>
      end === undefined ? value : end === '' ? value.replace(/\n+$/, '') : value.endsWith(end) ? value.slice(0, -end.length) : value,
    )
  },
  chop: (p, { args }, scope) => chopped(p, args, scope, (value) => value.slice(0, -1)),
  index: async (p, { args }, scope) => {
    const [whole, part, from] = await p.lists(args, scope)
    return [text(whole).indexOf(text(part), from === undefined ? 0 : number(from))]
  },
  rindex: async (p, { args }, scope) => {
    const [whole, part, from] = await p.lists(args, scope)
    return [text(whole).lastIndexOf(text(part), from === undefined ? undefined : number(from))]
  },
  substr: async (p, { args }, scope) => {
    const [target, ...rest] = args as [Node, ...Node[]]
    const whole = text(await p.scalar(target, scope))
    const [from, length, replacement] = await p.lists(rest, scope)
    const start = number(from)
    const at = start < 0 ? whole.length + start : start
    if (at > whole.length || at < 0 - whole.length) return [undefined]
    const size = length === undefined ? whole.length : number(length)
    const end = size < 0 ? whole.length + size : at + size
    const piece = whole.slice(Math.max(0, at), Math.max(0, end))
    if (rest.length > 2)
      await assignScalar(p, target, whole.slice(0, Math.max(0, at)) + text(replacement) + whole.slice(Math.max(at, end)), scope)
    return [piece]
  },
  sprintf: async (p, { args }, scope) => {
    const [format, ...values] = await p.lists(args, scope)
    return [p.machine.bounded(sprintf(text(format), values))]
  },
  join: async (p, { args }, scope) => {
    const [glue, ...values] = await p.lists(args, scope)
    return [p.machine.bounded(values.map(text).join(text(glue)))]
  },
  split: async (p, { args }, scope, wantsList) => {
    const parts = await split(p, args, scope)
    return wantsList ? parts : [parts.length]
  },
  reverse: async (p, { args }, scope, wantsList) => {
    const values = args.length ? await p.lists(args, scope) : [p.machine.scalarOf('_')]
    return wantsList ? values.reverse() : [[...values.map(text).join('')].reverse().join('')]
  },
  pack: async (p, { args }, scope) => {
    const [template, ...values] = await p.lists(args, scope)
    return [p.machine.bounded(pack(text(template), values))]
  },
  unpack: async (p, { args }, scope, wantsList) => {
    const [template, data] = await p.lists(args, scope)
    const values = unpack(text(template), text(data ?? p.machine.scalarOf('_')))
    return wantsList ? values : [values[0]]
  },
  qr: async (p, { args }, scope) => {
    const [source, flags] = [text(await p.scalar(args[0] as Node, scope)), text(await p.scalar(args[1] as Node, scope))]
    return [`(?^${flags.replace(/[^imsxn]/g, '')}:${source})`]
  },
  defined: async (p, { args }, scope) => {
    const [of] = args
    if (of?.type === 'variable' && of.sigil === '&') return [flag(p.machine.subs.has(`${p.machine.package}::${of.name}`))]
    if (of?.type === 'variable' && of.sigil === '@') return [flag((await arrayOf(p, of, scope)).items.length > 0)]
    return [flag((await p.scalar(of ?? IT, scope)) !== undefined)]
  },
  undef: async (p, { args }, scope) => {
    const [of] = args
    if (of?.type === 'variable' && of.sigil === '@') (await arrayOf(p, of, scope)).items = []
    else if (of?.type === 'variable' && of.sigil === '%') (await hashOf(p, of, scope)).map.clear()
    else if (of && of.type !== 'list') await assignScalar(p, of, undefined, scope)
    return [undefined]
  },
  scalar: async (p, { args }, scope) => [await p.scalar(args[0] ?? IT, scope)],
  ref: async (p, { args }, scope) => {
    const value = await p.scalar(args[0] ?? IT, scope)
    if (!(value instanceof Ref))
      return [
        value !== undefined && typeof value === 'object' ? 'GLOB' : typeof value === 'string' && value.startsWith('(?^') ? 'Regexp' : '',
      ]
    const { to } = value
    return [
      to.blessed ??
        (to instanceof PerlArray
          ? 'ARRAY'
          : to instanceof PerlHash
            ? 'HASH'
            : to instanceof Code
              ? 'CODE'
              : to instanceof Box && to.value instanceof Ref
                ? 'REF'
                : 'SCALAR'),
    ]
  },
  bless: async (p, { args }, scope) => {
    const [of, home] = await p.lists(args, scope)
    if (!(of instanceof Ref)) return p.machine.die("Can't bless non-reference value")
    of.to.blessed = home === undefined ? p.machine.package : text(home)
    return [of]
  },
  pos: async () => [undefined],
  study: async () => [1],
  localtime: (p, { args }, scope, wantsList) => timeParts(p, args, scope, wantsList, zoneOf(p.machine.process)),
  gmtime: (p, { args }, scope, wantsList) => timeParts(p, args, scope, wantsList, 'UTC'),
  time: async (p) => [Math.floor(p.machine.process.world.now() / 1000)],
}

async function timeParts(p: Interpreter, args: readonly Node[], scope: Scope, wantsList: boolean, zone: string): Promise<Value[]> {
  const given = args[0] ? await p.scalar(args[0], scope) : undefined
  const ms = given === undefined ? p.machine.process.world.now() : Math.floor(number(given)) * 1000
  const t = localTime(ms, zone)
  if (!wantsList) return [strftime('%a %b %e %H:%M:%S %Y', t)]
  return [t.second, t.minute, t.hour, t.day, t.month, t.year - 1900, t.weekday, t.yearDay, 0]
}
