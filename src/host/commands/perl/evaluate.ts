import { applied } from './applied.ts'
import { called, printed } from './calls.ts'
import { LoopJump, Returned } from './control.ts'
import { fileTest } from './file-tests.ts'
import { readLine, readLines } from './files.ts'
import { globbed } from './globbing.ts'
import type { Interpreter } from './interpreter.ts'
import { matchList, matchScalar, substitute, transliterate } from './matching.ts'
import { bitsOf, exactly, flag, increment, negate, operate, range } from './operations.ts'
import { specialVariable } from './special-variables.ts'
import { type Node, Unsupported } from './syntax.ts'
import { runBacktick } from './system.ts'
import { Box, Code, number, PerlArray, PerlHash, Ref, type Scope, text, truth, type Value } from './value.ts'
import { arrayOf, assignList, assignScalar, boxOf, declare, hashOf, keyOf, placeIn } from './variables.ts'

export async function evaluateScalar(p: Interpreter, node: Node, scope: Scope): Promise<Value> {
  const pause = p.machine.spend()
  if (pause) await pause
  switch (node.type) {
    case 'number':
    case 'string':
      return node.value
    case 'interpolated':
      return joined(p, node.parts, scope)
    case 'variable':
      if (node.sigil === '$') {
        const special = specialVariable(p.machine, node.name)
        return special ? special.value : (p.machine.slot(`$${node.name}`, scope, node) as Box).value
      }
      if (node.sigil === '@') return (await arrayOf(p, node, scope)).items.length
      if (node.sigil === '%') return (await hashOf(p, node, scope)).map.size
      if (node.sigil === '*') return p.machine.handles.get(node.name) ?? `*main::${node.name}`
      return lastOf(await p.machine.callCode(p.codeOf(node.name), [...((scope.find('@_') as PerlArray | undefined)?.items ?? [])], false))
    case 'dereference':
      if (node.sigil === '$') return (await boxOf(p, node, scope)).value
      if (node.sigil === '@') return (await arrayOf(p, node, scope)).items.length
      if (node.sigil === '%') return (await hashOf(p, node, scope)).map.size
      if (node.sigil === '*') return p.scalar(node.of, scope)
      return lastOf(await evaluateList(p, node, scope))
    case 'lastIndex':
      return (await arrayOf(p, node.of, scope)).items.length - 1
    case 'element': {
      const array = await arrayOf(p, node.of, scope)
      return array.items[placeIn(array, await p.scalar(node.index, scope))]
    }
    case 'entry':
      return (await hashOf(p, node.of, scope)).map.get(text(await keyOf(p, node.key, scope)))
    case 'my':
      declare(p, node, scope)
      return node.isList ? undefined : p.scalar(node.targets[0] as Node, scope)
    case 'assign':
      return assignment(p, node, scope)
    case 'binary': {
      const left = await p.scalar(node.left, scope)
      return operate(p.machine, node.operator, left, await p.scalar(node.right, scope))
    }
    case 'logical': {
      const left = await p.scalar(node.left, scope)
      if (node.operator === '&&') return truth(left) ? p.scalar(node.right, scope) : left
      if (node.operator === '||') return truth(left) ? left : p.scalar(node.right, scope)
      if (node.operator === '//') return left !== undefined ? left : p.scalar(node.right, scope)
      return flag(truth(left) !== truth(await p.scalar(node.right, scope)))
    }
    case 'unary': {
      const value = await p.scalar(node.of, scope)
      if (node.operator === '!') return flag(!truth(value))
      if (node.operator === '-') return negate(value)
      return exactly(~bitsOf(value))
    }
    case 'step': {
      const before = await p.scalar(node.of, scope)
      const after = node.operator === '++' ? increment(before) : number(before) - 1
      await assignScalar(p, node.of, after, scope)
      return node.prefix ? after : before === undefined ? 0 : before
    }
    case 'conditional':
      return p.scalar(truth(await p.scalar(node.test, scope)) ? node.yes : node.no, scope)
    case 'list': {
      // The comma operator: the last one counts.
      for (const item of node.items.slice(0, -1)) await p.scalar(item, scope)
      const last = node.items.at(-1)
      return last && p.scalar(last, scope)
    }
    case 'array':
      return new Ref(new PerlArray(await p.lists(node.items, scope)))
    case 'hash': {
      const hash = new PerlHash()
      const values = await p.lists(node.items, scope)
      for (let i = 0; i < values.length; i += 2) hash.map.set(text(values[i]), values[i + 1])
      return new Ref(hash)
    }
    case 'sub':
      return new Ref(new Code(undefined, p.machine.package, { body: node.body, scope }))
    case 'reference':
      return reference(p, node.of, scope)
    case 'match':
      return matchScalar(p, node, scope)
    case 'substitute':
      return substitute(p, node, scope)
    case 'transliterate':
      return transliterate(p, node, scope)
    case 'backtick':
      return (await runBacktick(p, text(await p.scalar(node.command, scope)))).join('')
    case 'readLine':
      return readLine(p, node.handle && (await p.scalar(node.handle, scope)))
    case 'glob':
      return globbed(p.machine, text(await p.scalar(node.pattern, scope)))[0]
    case 'fileTest':
      return fileTest(p.machine, node.operator, node.of ? await p.scalar(node.of, scope) : p.machine.scalarOf('_'))
    case 'jump':
      throw new LoopJump(node.kind, node.label)
    case 'return':
      throw new Returned(node.value ? (p.machine.wantsList ? await p.list(node.value, scope) : [await p.scalar(node.value, scope)]) : [])
    case 'do':
      return lastOf(await p.localised(() => p.lastValue(node.body, scope, false)))
    case 'eval':
      return lastOf(await p.protect(() => p.body(node.body, scope, false)))
    case 'apply': {
      const values = await applied(p, node, scope)
      return node.name === 'map' || node.name === 'grep' || node.name === 'sort' ? values.length : values[0]
    }
    case 'slice':
    case 'listSlice':
      return lastOf(await evaluateList(p, node, scope))
    case 'call':
    case 'invoke':
    case 'method':
      return lastOf(await called(p, node, scope, false))
    case 'print':
      return printed(p, node, scope)
    case 'range':
      return flipFlop(p, node, scope)
    case 'nothing':
      return undefined
    default:
      await p.execute(node, scope)
      return undefined
  }
}

export async function evaluateList(p: Interpreter, node: Node, scope: Scope): Promise<Value[]> {
  switch (node.type) {
    case 'list':
      return p.lists(node.items, scope)
    case 'variable':
      if (node.sigil === '@') return [...(await arrayOf(p, node, scope)).items]
      if (node.sigil === '%') return [...(await hashOf(p, node, scope)).map].flat()
      if (node.sigil === '&')
        return p.machine.callCode(p.codeOf(node.name), [...((scope.find('@_') as PerlArray | undefined)?.items ?? [])], true)
      break
    case 'dereference':
      if (node.sigil === '@') return [...(await arrayOf(p, node, scope)).items]
      if (node.sigil === '%') return [...(await hashOf(p, node, scope)).map].flat()
      if (node.sigil === '&') return p.machine.callCode(p.codeOf(await p.scalar(node.of, scope)), [], true)
      break
    case 'my':
      declare(p, node, scope)
      return p.lists(node.targets, scope)
    case 'range':
      return range(p.machine, await p.scalar(node.from, scope), await p.scalar(node.to, scope))
    case 'slice':
      return sliced(p, node, scope)
    case 'listSlice': {
      const items = await p.list(node.of, scope)
      const places = await p.list(node.index, scope)
      return items.length ? places.map((at) => items.at(Math.trunc(number(at)))) : []
    }
    case 'conditional':
      return p.list(truth(await p.scalar(node.test, scope)) ? node.yes : node.no, scope)
    case 'logical': {
      if (node.operator === 'xor') break
      const left = await p.scalar(node.left, scope)
      const stays = node.operator === '&&' ? !truth(left) : node.operator === '||' ? truth(left) : left !== undefined
      return stays ? [left] : p.list(node.right, scope)
    }
    case 'assign':
      if (isListTarget(node.target) && node.operator === '=') {
        await assignList(p, node.target, await p.list(node.value, scope), scope)
        return evaluateList(
          p,
          node.target.type === 'my' ? { type: 'list', items: node.target.targets, line: node.line } : node.target,
          scope,
        )
      }
      break
    case 'binary':
      if (node.operator === 'x' && node.left.type === 'list') {
        const items = await p.list(node.left, scope)
        const times = Math.max(0, Math.trunc(number(await p.scalar(node.right, scope))))
        if (times * items.length > 2_000_000) p.machine.outOfMemory()
        return Array.from({ length: times }, () => items).flat()
      }
      break
    case 'reference':
      if (node.of.type === 'list') {
        const refs: Value[] = []
        for (const item of node.of.items) refs.push(await reference(p, item, scope))
        return refs
      }
      break
    case 'match':
      return matchList(p, node, scope)
    case 'backtick':
      return runBacktick(p, text(await p.scalar(node.command, scope)))
    case 'readLine':
      return readLines(p, node.handle && (await p.scalar(node.handle, scope)))
    case 'glob':
      return globbed(p.machine, text(await p.scalar(node.pattern, scope)))
    case 'do':
      return p.localised(() => p.lastValue(node.body, scope, true))
    case 'eval':
      return p.protect(() => p.body(node.body, scope, true))
    case 'apply':
      return applied(p, node, scope)
    case 'call':
    case 'invoke':
    case 'method':
      return called(p, node, scope, true)
    case 'return':
      throw new Returned(node.value ? await p.list(node.value, scope) : [])
  }
  return [await evaluateScalar(p, node, scope)]
}

function lastOf(values: readonly Value[]): Value {
  return values.at(-1)
}

async function joined(p: Interpreter, parts: readonly Node[], scope: Scope): Promise<string> {
  let out = ''
  for (const part of parts) {
    const isList =
      (part.type === 'variable' || part.type === 'dereference' ? part.sigil === '@' : part.type === 'slice') && part.type !== 'element'
    out += isList ? (await p.list(part, scope)).map(text).join(text(p.machine.scalarOf('"'))) : text(await p.scalar(part, scope))
  }
  return p.machine.bounded(out)
}

function isListTarget(node: Node): boolean {
  if (node.type === 'my') return node.isList || (node.targets[0]?.type === 'variable' && node.targets[0].sigil !== '$')
  if (node.type === 'variable' || node.type === 'dereference') return node.sigil === '@' || node.sigil === '%'
  return node.type === 'list' || node.type === 'slice'
}

async function assignment(p: Interpreter, node: Node & { type: 'assign' }, scope: Scope): Promise<Value> {
  const { target, operator } = node
  if (operator === '=') {
    if (isListTarget(target)) {
      const values = await p.list(node.value, scope)
      await assignList(p, target, values, scope)
      return values.length
    }
    const value = await p.scalar(node.value, scope)
    await assignScalar(p, target, value, scope)
    return value
  }
  if (operator === '||=' || operator === '&&=' || operator === '//=') {
    const before = await p.scalar(target, scope)
    const stays = operator === '||=' ? truth(before) : operator === '&&=' ? !truth(before) : before !== undefined
    if (stays) return before
    const value = await p.scalar(node.value, scope)
    await assignScalar(p, target, value, scope)
    return value
  }
  if (isListTarget(target) && (operator === 'x=' || operator === '.=')) throw new Unsupported(operator)
  const value = await p.scalar(node.value, scope)
  const result = operate(p.machine, operator.slice(0, -1), await p.scalar(target, scope), value)
  await assignScalar(p, target, result, scope)
  return result
}

async function sliced(p: Interpreter, node: Node & { type: 'slice' }, scope: Scope): Promise<Value[]> {
  const keys = await p.list(node.keys, scope)
  if (node.kind === 'array') {
    const array = await arrayOf(p, node.of, scope)
    return keys.map((key) => array.items[placeIn(array, key)])
  }
  const { map } = await hashOf(p, node.of, scope)
  return keys.flatMap((key) => (node.kind === 'pairs' ? [key, map.get(text(key))] : [map.get(text(key))]))
}

async function reference(p: Interpreter, node: Node, scope: Scope): Promise<Value> {
  switch (node.type) {
    case 'variable':
      if (node.sigil === '@') return new Ref(await arrayOf(p, node, scope))
      if (node.sigil === '%') return new Ref(await hashOf(p, node, scope))
      if (node.sigil === '&') return new Ref(p.codeOf(node.name))
      if (node.sigil === '*') return p.machine.handles.get(node.name)
      return new Ref(p.machine.slot(`$${node.name}`, scope, node) as Box)
    case 'dereference':
      if (node.sigil === '@') return new Ref(await arrayOf(p, node, scope))
      if (node.sigil === '%') return new Ref(await hashOf(p, node, scope))
      return p.scalar(node.of, scope)
    case 'my':
      declare(p, node, scope)
      return reference(p, node.targets[0] as Node, scope)
    case 'call':
      if (p.machine.subs.has(`${p.machine.package}::${node.name}`) && !node.parenthesised) return new Ref(p.codeOf(node.name))
      break
    case 'list':
      return reference(p, node.items.at(-1) as Node, scope)
  }
  return new Ref(new Box(await p.scalar(node, scope)))
}

const flips = new WeakSet<Node>()

/** `A..B` in a condition: true from where A holds up to where B does; numbers are lines of the input. */
async function flipFlop(p: Interpreter, node: Node & { type: 'range' }, scope: Scope): Promise<Value> {
  const holds = async (side: Node): Promise<boolean> =>
    side.type === 'number' ? p.machine.lastRead?.line === side.value : truth(await p.scalar(side, scope))
  if (!flips.has(node)) {
    if (!(await holds(node.from))) return ''
    flips.add(node)
  }
  if (await holds(node.to)) flips.delete(node)
  return 1
}
