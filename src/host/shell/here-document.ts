import { parse } from 'just-bash'
import type { HereDocNode, WordNode, WordPart } from './grammar.ts'

/** Text that just-bash takes for an extended pattern: `+(…)`, `@(…)`. */
const EXTENDED = /^[@!?*+]\(/
/** Deeper than this such text stays as it is written. */
const DEEPEST = 20

/**
 * Nothing is a pattern in a here-document (nor in an expression, which is read as one), but just-bash's parser makes
 * `+(2+$i)` one whose `$i` would never be expanded. Reads that text once more, without what made it a pattern.
 */
export function readPatternsAsText(document: HereDocNode): void {
  if (document.content.parts.some(isExtended)) document.content = { ...document.content, parts: plain(document.content.parts, 0) }
}

function plain(parts: readonly WordPart[], depth: number): WordPart[] {
  return parts.flatMap((part): WordPart[] => {
    if (!isExtended(part) || depth > DEEPEST) return [part]
    const { pattern } = part
    if (!/[$`\\]/.test(pattern)) return [{ type: 'Literal', value: pattern }]
    const rest = contentOf(pattern.slice(1))
    return [
      { type: 'Literal', value: pattern.charAt(0) },
      ...(rest ? plain(rest.parts, depth + 1) : [{ type: 'Literal' as const, value: pattern.slice(1) }]),
    ]
  })
}

function isExtended(part: WordPart): part is Extract<WordPart, { type: 'Glob' }> {
  return part.type === 'Glob' && EXTENDED.test(part.pattern)
}

/** Some text read as the content of a here-document, without the newline that ends it. */
function contentOf(text: string): WordNode | undefined {
  const command = parse(`:<<__text__\n${text}\n__text__\n`).statements[0]?.pipelines[0]?.commands[0]
  const target = command?.type === 'SimpleCommand' ? command.redirections[0]?.target : undefined
  if (target?.type !== 'HereDoc') return undefined
  const { parts } = target.content
  const last = parts.at(-1)
  return last?.type === 'Literal'
    ? { ...target.content, parts: [...parts.slice(0, -1), { ...last, value: last.value.replace(/\n$/, '') }] }
    : target.content
}
