import type { HostText } from '../../command.ts'
import type { WordNode, WordPart } from '../grammar.ts'
import type { PartContext } from '../machinery.ts'
import { UnboundVariable } from '../parameters.ts'
import type { Shell } from '../shell.ts'
import { ArithmeticError } from './arithmetic.ts'
import { expandArithmeticText } from './arithmetic-text.ts'
import { expandBraces } from './brace.ts'
import { type Field, type FieldBuilder, give, MOST_FIELDS, TooLong, weightOf } from './fields.ts'
import { glob } from './glob.ts'
import { expandParameter } from './parameter-expansion.ts'
import { Pattern } from './pattern.ts'
import { processSubstitution, substitute } from './substitution.ts'
import { tilde } from './tilde.ts'

/** Expands words to the arguments of a command: braces, parameters, substitutions, splitting, pathnames, quote removal. */
export async function expandWords(shell: Shell, words: readonly WordNode[]): Promise<HostText[]> {
  return guarded(shell, async () => {
    const result: HostText[] = []
    for (const word of words) {
      const plain = plainText(word)
      if (plain !== undefined) result.push(plain)
      else await expandWord(shell, word, result)
    }
    return result
  })
}

async function expandWord(shell: Shell, word: WordNode, result: HostText[]): Promise<void> {
  const alternatives = shell.options.has('braceexpand') ? expandBraces(word) : [word]
  let made = 0
  for (const alternative of alternatives) {
    if (made++ > 0) {
      const pause = shell.process.spend(1)
      if (pause) await pause
    }
    let bytes = 0
    for (const field of await expandToFields(shell, alternative)) {
      const paths = field.special ? await pathnames(shell, field) : [field.text]
      for (const path of paths) result.push(path)
      bytes += weightOf(paths)
    }
    if (result.length > MOST_FIELDS) throw new TooLong()
    if (made > 1) shell.bookWords(bytes)
  }
}

/** Expands a word that stays one: an assignment, a redirection's target, the subject of `case`. */
export async function expandToText(shell: Shell, word: WordNode, context: Partial<PartContext> = {}): Promise<HostText> {
  return plainText(word) ?? guarded(shell, async () => (await unsplit(shell, word, context)).text)
}

/** Expands a word to a pattern: what was quoted is escaped. */
export async function expandToPattern(shell: Shell, word: WordNode): Promise<string> {
  return guarded(shell, async () => (await unsplit(shell, word, {})).pattern)
}

/** Expands the right side of `=~`: what was quoted matches itself. */
export async function expandToRegex(shell: Shell, word: WordNode): Promise<string> {
  return guarded(shell, async () => {
    let regex = ''
    for (const part of word.parts) {
      if (part.type === 'Escaped') regex += `\\${part.value}`
      else if (part.type === 'SingleQuoted') regex += escapeRegex(part.value)
      else if (part.type === 'DoubleQuoted') regex += escapeRegex((await unsplit(shell, { type: 'Word', parts: [part] }, {})).text)
      else if (part.type === 'Glob') regex += part.pattern
      else regex += (await unsplit(shell, { type: 'Word', parts: [part] }, {})).text
    }
    return regex
  })
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.[\]|()*+?{}]/g, '\\$&')
}

/** Expands parts into a builder. */
export async function expandParts(shell: Shell, parts: readonly WordPart[], out: FieldBuilder, context: PartContext): Promise<void> {
  for (const part of parts) await expandPart(shell, part, out, context)
}

async function expandPart(shell: Shell, part: WordPart, out: FieldBuilder, context: PartContext): Promise<void> {
  switch (part.type) {
    case 'Literal':
      if (context.quoted) out.quoted(part.value)
      else if (context.literalSplits) out.expansion(part.value)
      else if (shell.options.shopt('extglob') && /[?*+@!]\(/.test(part.value)) out.glob(part.value)
      else out.literal(part.value)
      return
    case 'SingleQuoted':
      out.quoted(part.value)
      return
    case 'Escaped':
      out.quoted(part.value)
      return
    case 'Glob':
      if (context.quoted) out.quoted(part.pattern)
      else out.glob(part.pattern)
      return
    case 'DoubleQuoted':
      await expandDoubleQuoted(shell, part.parts, out)
      return
    case 'TildeExpansion':
      if (context.quoted) out.quoted(`~${part.user ?? ''}`)
      else out.quoted(tilde(shell, part.user ?? ''))
      return
    case 'ParameterExpansion':
      await expandParameter(shell, part, out, context)
      return
    case 'ArithmeticExpansion': {
      const text = await expandArithmeticText(shell, part.expression.originalText ?? '')
      give(out, String(shell.parameters.evaluate(text)), context.quoted)
      return
    }
    case 'CommandSubstitution':
      give(out, await substitute(shell, part.body), context.quoted)
      return
    case 'ProcessSubstitution':
      out.literal(await processSubstitution(shell, part.body, part.direction))
      return
    case 'BraceExpansion':
      // Only where braces are not expanded (assignments, here-documents): they stay as they were written.
      out.literal(await braceText(shell, part))
      return
  }
}

/** An empty "" makes a word of its own; "$@" without parameters does not. */
async function expandDoubleQuoted(shell: Shell, parts: readonly WordPart[], out: FieldBuilder): Promise<void> {
  const lists = parts.length > 0 && parts.every((p) => p.type === 'ParameterExpansion' && isListExpansion(p.parameter, p.operation?.type))
  if (!lists) out.quoted('')
  await expandParts(shell, parts, out, { quoted: true })
}

function isListExpansion(parameter: string, operation: string | undefined): boolean {
  return operation !== 'Length' && (parameter === '@' || parameter.endsWith('[@]') || operation === 'ArrayKeys')
}

async function unsplit(shell: Shell, word: WordNode, context: Partial<PartContext>): Promise<Field> {
  const builder = shell.fieldBuilder(false)
  await expandParts(shell, word.parts, builder, { quoted: false, ...context })
  const fields = builder.finish()
  return {
    text: fields.map((f) => f.text).join(' '),
    pattern: fields.map((f) => f.pattern).join(' '),
    special: fields.some((f) => f.special),
    quoted: true,
  }
}

async function expandToFields(shell: Shell, word: WordNode): Promise<Field[]> {
  const builder = shell.fieldBuilder(true)
  await expandParts(shell, word.parts, builder, { quoted: false })
  return builder.finish()
}

async function pathnames(shell: Shell, field: Field): Promise<HostText[]> {
  if (!field.special || shell.options.has('noglob')) return [field.text]
  const options = {
    extended: shell.options.shopt('extglob'),
    dots: shell.options.shopt('dotglob'),
    ignoreCase: shell.options.shopt('nocaseglob'),
    globstar: shell.options.shopt('globstar'),
    spend: (steps: number) => shell.process.spend(steps),
  }
  const ignored = shell.dialect.name === 'bash' ? shell.parameters.get('GLOBIGNORE') : undefined
  if (ignored) options.dots = true
  const matching = await glob(shell.process.view, field.pattern, options)
  const found = ignored ? withoutIgnored(shell, matching, ignored) : matching
  if (found.length > 0) return found
  if (shell.options.shopt('failglob')) return shell.abandon(`no match: ${field.text}`)
  return shell.options.shopt('nullglob') ? [] : [field.text]
}

/** What a pattern of `GLOBIGNORE` matches is left out. */
function withoutIgnored(shell: Shell, paths: HostText[], ignored: string): HostText[] {
  const patterns = ignored.split(':').map((text) => new Pattern(text, { extended: shell.options.shopt('extglob'), ignoreCase: false }))
  return paths.filter((path) => !patterns.some((pattern) => pattern.matches(path)))
}

async function braceText(shell: Shell, part: Extract<WordPart, { type: 'BraceExpansion' }>): Promise<string> {
  const items: string[] = []
  for (const item of part.items) {
    if (item.type === 'Word') items.push((await unsplit(shell, item.word, {})).text)
    else items.push(`${item.startStr ?? item.start}..${item.endStr ?? item.end}${item.step === undefined ? '' : `..${item.step}`}`)
  }
  return `{${items.join(',')}}`
}

/** A word without anything to expand. */
function plainText(word: WordNode): string | undefined {
  if (word.parts.length !== 1) return undefined
  const part = word.parts[0] as WordPart
  if (part.type === 'SingleQuoted') return part.value
  return part.type === 'Literal' && !/[?*+@!]\(/.test(part.value) ? part.value : undefined
}

/** Turns what expansions throw into what bash says of it. */
async function guarded<T>(shell: Shell, work: () => Promise<T>): Promise<T> {
  const before = shell.wordBytes
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnboundVariable) return shell.abandon(error.message, 'exit', 127)
    if (error instanceof ArithmeticError) return shell.abandon(shell.dialect.arithmetic(error))
    if (error instanceof TooLong || error instanceof RangeError) {
      await shell.complain('xrealloc: cannot allocate 18446744071562067968 bytes')
      return shell.abandon('cannot allocate memory', 'exit', 2)
    }
    throw error
  } finally {
    shell.releaseWords(before)
  }
}
