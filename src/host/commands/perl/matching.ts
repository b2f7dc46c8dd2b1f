import type { Interpreter } from './interpreter.ts'
import { flag } from './operations.ts'
import { transliterationSet } from './quoting.ts'
import { groupText, type Pattern, patternOf } from './regex.ts'
import type { Node } from './syntax.ts'
import { type Box, type PerlHash, type Scope, text, type Value } from './value.ts'
import { assignScalar } from './variables.ts'

/** Where `m//g` goes on, by the box or the text that it runs over. */
const positions = new WeakMap<object, { text: string; at: number }>()

const DEFAULT: Node = { type: 'variable', sigil: '$', name: '_', line: 0 }

async function prepared(
  p: Interpreter,
  node: Node & { type: 'match' | 'substitute' },
  scope: Scope,
): Promise<{ subject: string; pattern: Pattern; target: Node }> {
  const target = node.target ?? DEFAULT
  const subject = text(await p.scalar(target, scope))
  const source = text(await p.scalar(node.pattern, scope))
  return { subject, pattern: patternOf(p.machine, source, node.flags), target }
}

function remember(p: Interpreter, pattern: Pattern, subject: string, offsets: number[]): void {
  p.machine.match = { subject, offsets }
  if (!pattern.names.some((name) => name !== undefined)) return
  const named = p.machine.global('%+') as PerlHash
  named.map.clear()
  for (const [i, name] of pattern.names.entries()) {
    const value = groupText(subject, offsets, i + 1)
    if (name !== undefined && value !== undefined && !named.map.has(name)) named.map.set(name, value)
  }
}

/** What `\G` positions hang on: the variable, or this place of the program. */
function anchor(p: Interpreter, target: Node, node: Node, scope: Scope): object {
  return target.type === 'variable' && target.sigil === '$' ? (p.machine.slot(`$${target.name}`, scope, target) as Box) : node
}

export async function matchScalar(p: Interpreter, node: Node & { type: 'match' }, scope: Scope): Promise<Value> {
  const { subject, pattern, target } = await prepared(p, node, scope)
  const pause = p.machine.spend(1 + (subject.length >> 4))
  if (pause) await pause
  if (!node.flags.includes('g') || node.negated) {
    const found = pattern.regex.exec(subject)
    if (found) remember(p, pattern, subject, found)
    return flag((found !== undefined) !== node.negated)
  }
  const place = anchor(p, target, node, scope)
  const before = positions.get(place)
  const from = before?.text === subject ? before.at : 0
  const found = from > subject.length ? undefined : pattern.regex.exec(subject, from)
  if (!found) {
    if (!node.flags.includes('c')) positions.delete(place)
    return ''
  }
  remember(p, pattern, subject, found)
  positions.set(place, { text: subject, at: found[1] === found[0] ? (found[1] as number) + 1 : (found[1] as number) })
  return 1
}

export async function matchList(p: Interpreter, node: Node & { type: 'match' }, scope: Scope): Promise<Value[]> {
  if (node.negated) return [await matchScalar(p, node, scope)]
  const { subject, pattern } = await prepared(p, node, scope)
  const groups = (offsets: number[]): Value[] =>
    Array.from({ length: offsets.length / 2 - 1 }, (_, i) => groupText(subject, offsets, i + 1))
  if (!node.flags.includes('g')) {
    const found = pattern.regex.exec(subject)
    if (!found) return []
    remember(p, pattern, subject, found)
    return found.length > 2 ? groups(found) : [1]
  }
  const all: Value[] = []
  for (let at = 0; at <= subject.length; ) {
    const pause = p.machine.spend()
    if (pause) await pause
    const found = pattern.regex.exec(subject, at)
    if (!found) break
    remember(p, pattern, subject, found)
    all.push(...(found.length > 2 ? groups(found) : [subject.slice(found[0], found[1])]))
    p.machine.boundedList(all)
    at = found[1] === found[0] ? (found[1] as number) + 1 : (found[1] as number)
  }
  return all
}

export async function substitute(p: Interpreter, node: Node & { type: 'substitute' }, scope: Scope): Promise<Value> {
  const { subject, pattern, target } = await prepared(p, node, scope)
  let out = ''
  let from = 0
  let count = 0
  for (let at = 0; at <= subject.length; ) {
    const pause = p.machine.spend(1 + (out.length >> 10))
    if (pause) await pause
    const found = pattern.regex.exec(subject, at)
    if (!found) break
    const [start, end] = found as [number, number]
    count++
    remember(p, pattern, subject, found)
    let replacement = text(await p.scalar(node.replacement, scope))
    // `s///ee` runs what came out.
    if (/e.*e/.test(node.flags))
      replacement = text(
        await p.scalar(
          {
            type: 'call',
            name: 'eval',
            args: [{ type: 'string', value: replacement, line: node.line }],
            parenthesised: true,
            line: node.line,
          },
          scope,
        ),
      )
    out += subject.slice(from, start) + replacement
    p.machine.bounded(out)
    from = end
    at = end === start ? end + 1 : end
    if (!node.flags.includes('g')) break
  }
  const result = out + subject.slice(from)
  if (node.flags.includes('r')) return result
  if (count > 0) await assignScalar(p, assignable(target), result, scope)
  return count > 0 ? count : ''
}

/** `(my $x = …) =~ s///` changes the variable. */
function assignable(target: Node): Node {
  const inner = target.type === 'list' && target.items.length === 1 ? (target.items[0] as Node) : target
  if (inner.type !== 'assign') return inner
  return inner.target.type === 'my' ? (inner.target.targets[0] as Node) : inner.target
}

export async function transliterate(p: Interpreter, node: Node & { type: 'transliterate' }, scope: Scope): Promise<Value> {
  const target = node.target ?? DEFAULT
  const subject = text(await p.scalar(target, scope))
  const pause = p.machine.spend(1 + (subject.length >> 6))
  if (pause) await pause
  const from = transliterationSet(node.from)
  const given = transliterationSet(node.to)
  const deletes = node.flags.includes('d')
  const to = given === '' && !deletes ? from : given
  const inverse = node.flags.includes('c')
  let count = 0
  let out = ''
  let last: string | undefined
  for (const char of subject) {
    const at = from.indexOf(char)
    const matched = inverse ? at < 0 : at >= 0
    if (!matched) {
      out += char
      last = undefined
      continue
    }
    count++
    const place = inverse ? to.length - 1 : at
    const mapped = inverse && given === '' && !deletes ? char : (to[place] ?? (deletes ? '' : (to.at(-1) ?? '')))
    if (node.flags.includes('s') && mapped === last) continue
    out += mapped
    last = mapped
  }
  if (node.flags.includes('r')) return out
  if (out !== subject) await assignScalar(p, assignable(target), out, scope)
  return count
}
