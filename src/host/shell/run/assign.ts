import type { HostText } from '../../command.ts'
import { expandSubscript } from '../expand/parameter-expansion.ts'
import type { AssignmentNode, WordNode, WordPart } from '../grammar.ts'
import { assigning, parseTarget } from '../parameters.ts'
import type { Shell } from '../shell.ts'
import { tracedWord } from '../trace.ts'

/** Carries out one assignment in the shell; gives it as `set -x` shows it. */
export async function assign(shell: Shell, node: AssignmentNode): Promise<HostText> {
  const target = parseTarget(node.name)
  if (!target) {
    return shell.abandon(`${node.name}: bad array subscript`)
  }
  if (node.array && shell.dialect.strict)
    await shell.abandon(shell.dialect.name === 'dash' ? 'Syntax error: "(" unexpected' : 'syntax error: unexpected "("')
  if (node.array) {
    const elements = await arrayElements(shell, target.name, node.array)
    await assigning(shell, () => shell.parameters.setArray(target.name, elements, node.append))
    return `${node.name}${node.append ? '+' : ''}=(${elements.map(({ value }) => tracedWord(shell, value)).join(' ')})`
  }
  const value = node.value ? await shell.machinery.text(shell, node.value) : ''
  const subscript = target.subscript === undefined ? undefined : await expandSubscript(shell, target.name, target.subscript)
  await assigning(shell, () => {
    if (subscript === undefined) {
      if (node.append) shell.parameters.append(target.name, value)
      else shell.parameters.set(target.name, value)
    } else if (node.append) shell.parameters.appendElement(target.name, subscript, value)
    else shell.parameters.setElement(target.name, subscript, value)
  })
  return `${node.name}${node.append ? '+' : ''}=${value === '' ? '' : tracedWord(shell, value)}`
}

export interface ArrayElement {
  subscript: string | undefined
  value: HostText
  append?: boolean
}

/** The words between the parentheses of `name=(…)`: `[subscript]=value` ones, and others that may make several elements. */
export async function arrayElements(shell: Shell, name: string, words: readonly WordNode[]): Promise<ArrayElement[]> {
  const elements: ArrayElement[] = []
  for (const word of words) {
    const keyed = splitKeyed(word)
    if (keyed) {
      const subscript = await expandSubscript(shell, name, await shell.machinery.text(shell, keyed.key))
      elements.push({ subscript, value: await shell.machinery.text(shell, keyed.value), append: keyed.append })
    } else for (const value of await shell.machinery.words(shell, [word])) elements.push({ subscript: undefined, value })
  }
  return elements
}

/** Takes `[key]=value` apart; just-bash gives `[key]` as a pattern, or in pieces when the key has quotes or expansions. */
function splitKeyed(word: WordNode): { key: WordNode; value: WordNode; append: boolean } | undefined {
  const first = word.parts[0]
  if (first?.type !== 'Glob' && first?.type !== 'Literal') return undefined
  const begin = first.type === 'Glob' ? first.pattern : first.value
  if (!begin.startsWith('[')) return undefined
  const key: WordPart[] = []
  for (const [index, part] of word.parts.entries()) {
    const text = part.type === 'Glob' ? part.pattern : part.type === 'Literal' ? part.value : undefined
    const close = text === undefined ? -1 : text.indexOf(']', index === 0 ? 1 : 0)
    if (text === undefined) {
      key.push(part)
      continue
    }
    if (close < 0) {
      key.push({ type: 'Literal', value: index === 0 ? text.slice(1) : text })
      continue
    }
    key.push({ type: 'Literal', value: text.slice(index === 0 ? 1 : 0, close) })
    const rest = text.slice(close + 1)
    const next = word.parts[index + 1]
    const after = rest === '' && next?.type === 'Literal' ? next.value : rest
    const operator = /^\+?=/.exec(after)?.[0]
    if (!operator) return undefined
    const tail = rest === '' ? word.parts.slice(index + 2) : word.parts.slice(index + 1)
    const value: WordPart[] = [{ type: 'Literal', value: after.slice(operator.length) }, ...tail]
    return { key: { type: 'Word', parts: key }, value: { type: 'Word', parts: value }, append: operator === '+=' }
  }
  return undefined
}

/**
 * just-bash reads `declare x=(a "$b")` as one word with the parentheses in it. Gives the name and the words between
 * them, if the argument of a declaring builtin is of that kind.
 */
export function arrayArgument(word: WordNode): { name: string; append: boolean; words: WordNode[] } | undefined {
  const first = word.parts[0]
  if (first?.type !== 'Literal') return undefined
  const head = /^([A-Za-z_]\w*)(\+?)=\(/.exec(first.value)
  const last = word.parts.at(-1)
  if (!head || last?.type !== 'Literal' || !last.value.endsWith(')')) return undefined
  const words: WordNode[] = []
  let open: WordPart[] = []
  const close = () => {
    if (open.length > 0) words.push({ type: 'Word', parts: open })
    open = []
  }
  for (const [index, part] of word.parts.entries()) {
    if (part.type !== 'Literal') {
      open.push(part)
      continue
    }
    let text = index === 0 ? part.value.slice(head[0].length) : part.value
    if (index === word.parts.length - 1) text = text.slice(0, -1)
    for (const [i, piece] of text.split(/[ \t\n]+/).entries()) {
      if (i > 0) close()
      if (piece !== '') open.push({ type: 'Literal', value: piece })
    }
  }
  close()
  return { name: head[1] as string, append: head[2] === '+', words }
}
