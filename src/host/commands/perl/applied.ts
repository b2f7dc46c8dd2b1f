import type { Interpreter } from './interpreter.ts'
import { compareTexts } from './operations.ts'
import { type Node, Unsupported } from './syntax.ts'
import { Scope as Block, type Box, number, type Scope, text, truth, type Value } from './value.ts'

/** `map`, `grep`, `sort` and the functions of List::Util that take code. */
export async function applied(p: Interpreter, node: Node & { type: 'apply' }, scope: Scope): Promise<Value[]> {
  const values = await p.lists(node.args, scope)
  const { code, name } = node
  if (name === 'sort') return sorted(p, values, code, scope)
  if (!code) throw new Unsupported(name)
  const run = (): Promise<Value[]> => p.lastValue(code, new Block(scope), name === 'map')
  const results: Value[] = []
  if (name === 'reduce') return reduced(p, values, run)
  let decided: Value[] | undefined
  await p.each('_', values, async (value) => {
    const result = await run()
    if (name === 'map') results.push(...result)
    else {
      const holds = truth(result.at(-1))
      if (name === 'grep' && holds) results.push(value)
      else if (name === 'first' && holds) decided = [value]
      else if (name === 'any' && holds) decided = [1]
      else if (name === 'all' && !holds) decided = ['']
      else if (name === 'none' && holds) decided = ['']
    }
    p.machine.boundedList(results)
    return decided !== undefined
  })
  if (name === 'map' || name === 'grep') return results
  return decided ?? [name === 'first' ? undefined : name === 'any' ? '' : 1]
}

async function reduced(p: Interpreter, values: readonly Value[], run: () => Promise<Value[]>): Promise<Value[]> {
  const [a, b] = [p.machine.global('$a') as Box, p.machine.global('$b') as Box]
  let total = values[0]
  for (const value of values.slice(1)) {
    a.value = total
    b.value = value
    total = (await run()).at(-1)
  }
  return [total]
}

/** A merge sort, as Perl's is: stable, and the code may wait. */
async function sorted(p: Interpreter, values: readonly Value[], code: Node | undefined, scope: Scope): Promise<Value[]> {
  await p.machine.spend(values.length)
  if (!code) return [...values].sort((x, y) => compareTexts(text(x), text(y)))
  const [a, b] = [p.machine.global('$a') as Box, p.machine.global('$b') as Box]
  const compare = async (x: Value, y: Value): Promise<number> => {
    a.value = x
    b.value = y
    return number((await p.lastValue(code, new Block(scope), false)).at(-1))
  }
  const merge = async (items: readonly Value[]): Promise<Value[]> => {
    if (items.length < 2) return [...items]
    const middle = items.length >> 1
    const [left, right] = [await merge(items.slice(0, middle)), await merge(items.slice(middle))]
    const out: Value[] = []
    let i = 0
    let j = 0
    while (i < left.length && j < right.length) out.push((await compare(left[i], right[j])) <= 0 ? left[i++] : right[j++])
    return [...out, ...left.slice(i), ...right.slice(j)]
  }
  return merge(values)
}
