import { type Document, isMap, isPair, isSeq, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { ConfigProblem, type Problem } from './problem.ts'

/** Where an operator reads of the keys of sundew.yaml. */
const SETTINGS_REFERENCE = 'sundew.yaml in the project lists every key'

/**
 * Parses YAML text and checks it against a schema.
 * @param reference where the keys of this file are listed
 * @throws ConfigProblem with file, line, key and cure for every mistake found
 */
export function parseYaml<T extends z.ZodType>(file: string, text: string, schema: T, reference = SETTINGS_REFERENCE): z.output<T> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  if (document.errors.length) {
    throw new ConfigProblem(
      document.errors.map((e) => ({
        file,
        line: lines.linePos(e.pos[0]).line,
        key: '',
        what: `not valid YAML: ${e.message.split('\n')[0]}`,
        cure: 'check indentation and quotes at that line',
      })),
    )
  }
  // Aliases are bounded so that a hostile or mistaken file cannot blow up in memory.
  const verdict = schema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {})
  if (verdict.success) return verdict.data
  throw new ConfigProblem(problemsOf(file, verdict.error.issues, document, lines, reference))
}

/** Finds the line of a key path in YAML text that parses; undefined where the file does not have it. */
export function lineFinder(text: string): (path: readonly PropertyKey[]) => number | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  return (path) => lineOf(document, lines, path)
}

/** Turns zod's findings into problems with lines and cures. */
export function problemsOf(
  file: string,
  issues: readonly z.core.$ZodIssue[],
  document?: Document,
  lines?: LineCounter,
  reference = SETTINGS_REFERENCE,
): Problem[] {
  return issues.map((issue) => {
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
    const line = document && lines ? lineOf(document, lines, path) : undefined
    return {
      file,
      ...(line === undefined ? {} : { line }),
      key: renderPath(path),
      what: sentence(issue, document, path),
      cure: cureOf(issue, reference),
    }
  })
}

export function renderPath(path: readonly PropertyKey[]): string {
  return path.map((p, i) => (typeof p === 'number' ? `[${p}]` : `${i ? '.' : ''}${String(p)}`)).join('')
}

function sentence(issue: z.core.$ZodIssue, document: Document | undefined, path: readonly PropertyKey[]): string {
  if (issue.code === 'unrecognized_keys') return 'no such key'
  const found = document?.getIn(path as (string | number)[])
  const shown = found === undefined || typeof found === 'object' ? '' : ` (found ${JSON.stringify(found)})`
  return `${issue.message.replace(/^Invalid input: /, '')}${shown}`
}

function cureOf(issue: z.core.$ZodIssue, reference: string): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `remove it, or correct its spelling; ${reference}`
    case 'invalid_value':
      return `use one of: ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `give ${issue.origin === 'array' ? 'at least this many entries' : 'a value not below'} ${issue.minimum}`
    case 'too_big':
      return `give a value not above ${issue.maximum}`
    case 'invalid_type':
      return `give a value of type ${issue.expected}`
    case 'custom':
      return typeof issue.params?.cure === 'string' ? issue.params.cure : reference
    default:
      return reference
  }
}

/** Line of the deepest node along the path that the file has. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents
  let offset: number | undefined
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((p) => isPair(p) && String(p.key) === String(step))
      if (!pair) break
      offset = (pair.key as { range?: [number, number, number] }).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      offset = (node as { range?: [number, number, number] } | undefined)?.range?.[0] ?? offset
    } else break
  }
  return offset === undefined ? undefined : lines.linePos(offset).line
}
