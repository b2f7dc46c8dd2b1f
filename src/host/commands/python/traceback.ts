import type { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import { suggestion } from './suggestion.ts'
import type { Expression } from './syntax.ts'
import { exceptionClass } from './types.ts'
import { type PyException, PyList, type Steps, type TraceLine, type Value } from './value.ts'

/** Equal lines of a recursion that are shown. */
const MOST_REPEATED = 3
/** Exceptions of a chain that are shown. */
const MOST_CHAIN = 50

/** A traceback's line for what a frame was doing. */
export function traceLine(frame: Frame): TraceLine {
  const { at } = frame.at
  const source = frame.source.lines?.[at.line - 1]
  const text = source?.trim()
  return {
    file: frame.source.name,
    line: at.line,
    name: frame.name,
    text: text || undefined,
    marks: source === undefined || !text ? undefined : marks(frame.at, source),
  }
}

/** The marks under a line (Python/traceback.c, tb_displayline). */
function marks(node: Frame['at'], source: string): string | undefined {
  const { at } = node
  const lead = source.length - source.trimStart().length
  const length = source.trim().length
  const start = at.column - lead
  const end = (at.endLine === at.line ? at.endColumn : source.trimEnd().length) - lead
  if (start < 0 || end <= start) return undefined
  const anchors = at.endLine === at.line ? anchorsOf(node, source) : undefined
  if (!anchors) return end - start === length ? undefined : ' '.repeat(start) + '^'.repeat(end - start)
  const [from, to] = [anchors.from - lead, anchors.to - lead]
  return ' '.repeat(start) + '~'.repeat(from - start) + '^'.repeat(to - from) + '~'.repeat(Math.max(0, end - to))
}

function anchorsOf(node: Frame['at'], source: string): { from: number; to: number } | undefined {
  const expression = node as Expression
  if (expression.type === 'subscript')
    return { from: expression.object.at.endColumn, to: Math.min(expression.index.at.endColumn + 1, node.at.endColumn) }
  if (expression.type !== 'binary' || expression.left.at.endLine !== expression.right.at.line) return undefined
  const limit = expression.right.at.column
  for (let i = expression.left.at.endColumn; i < limit; i++) {
    const c = source[i] as string
    if (/\s/.test(c) || c === ')') continue
    return { from: i, to: i + 1 < limit && !/[\s(]/.test(source[i + 1] as string) ? i + 2 : i + 1 }
  }
  return undefined
}

/** All that Python prints of an exception that nobody caught. */
export function* formatException(m: Machine, exception: PyException, chain = true): Steps<string> {
  const seen = new Set<PyException>()
  const parts: string[] = []
  let current: PyException | null = exception
  let bridge = ''
  while (current && !seen.has(current) && seen.size < MOST_CHAIN) {
    seen.add(current)
    parts.unshift((yield* formatOne(m, current)) + bridge)
    if (!chain) break
    if (current.cause) {
      bridge = '\nThe above exception was the direct cause of the following exception:\n\n'
      current = current.cause
    } else if (current.context && !current.suppressContext) {
      bridge = '\nDuring handling of the above exception, another exception occurred:\n\n'
      current = current.context
    } else current = null
  }
  return parts.join('')
}

function* formatOne(m: Machine, exception: PyException): Steps<string> {
  const head = exception.trace.length > 0 ? `Traceback (most recent call last):\n${formatTrace(exception.trace)}` : ''
  return head + (yield* exceptionLines(m, exception))
}

export function formatTrace(trace: readonly TraceLine[]): string {
  let text = ''
  let repeated = 0
  let last: TraceLine | undefined
  const flush = (): void => {
    const more = repeated - MOST_REPEATED
    if (more > 0) text += `  [Previous line repeated ${more} more time${more === 1 ? '' : 's'}]\n`
  }
  for (const line of trace) {
    if (last && last.file === line.file && last.line === line.line && last.name === line.name) repeated++
    else {
      flush()
      repeated = 1
    }
    last = line
    if (repeated > MOST_REPEATED) continue
    text += `  File "${line.file}", line ${line.line}, in ${line.name}\n`
    if (line.text !== undefined) text += `    ${line.text}\n`
    if (line.text !== undefined && line.marks !== undefined) text += `    ${line.marks}\n`
  }
  flush()
  return text
}

/** The last lines: class and message, with the source of a SyntaxError before and notes behind. */
export function* exceptionLines(m: Machine, exception: PyException): Steps<string> {
  const { cls } = exception
  const name = cls.module === 'builtins' || cls.module === '__main__' ? cls.qualname : `${cls.module}.${cls.qualname}`
  let text: string
  let before = ''
  if (exception.syntax && cls.isSubclassOf(exceptionClass('SyntaxError'))) {
    before = syntaxLines(exception.syntax)
    const message = exception.args[0]
    text = typeof message === 'string' ? message : ''
  } else {
    try {
      text = yield* m.str(exception)
    } catch (error) {
      if (!m.asRaised(error)) throw error
      text = '<exception str() failed>'
    }
  }
  const hint =
    exception.candidates && typeof exception.attributes.get('name') === 'string'
      ? suggestion(exception.attributes.get('name') as string, exception.candidates())
      : undefined
  const notes = exception.attributes.get('__notes__')
  const lines = [`${before}${name}${text === '' ? '' : `: ${text}`}${hint === undefined ? '' : `. Did you mean: '${hint}'?`}\n`]
  if (notes instanceof PyList) for (const note of notes.items as Value[]) lines.push(`${yield* m.str(note)}\n`)
  return lines.join('')
}

function syntaxLines(where: NonNullable<PyException['syntax']>): string {
  const head = `  File "${where.file}", line ${where.line}\n`
  if (where.text === undefined) return head
  const shown = where.text.replace(/[\r\n]+$/, '')
  const stripped = shown.trimStart()
  const lead = shown.length - stripped.length
  const start = where.column - lead
  const text = `${head}    ${stripped}\n`
  if (start < 0 || where.column < 0) return text
  const end = where.endLine === where.line ? where.endColumn - lead : stripped.trimEnd().length
  return `${text}    ${' '.repeat(start)}${'^'.repeat(Math.max(1, end - start))}\n`
}
