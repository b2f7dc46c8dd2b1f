import type { HostText } from '../../command.ts'
import { type ParameterOperation, type ParameterPart, TOGGLE_MARK, type WordNode } from '../grammar.ts'
import type { PartContext } from '../machinery.ts'
import { assigning, isName, parseTarget } from '../parameters.ts'
import { expandPrompt } from '../prompt.ts'
import { assignmentOf, quoteForReuse } from '../quote.ts'
import type { Shell } from '../shell.ts'
import { ansiC } from './ansi-c.ts'
import { expandArithmeticText, expandLikeHereDocument } from './arithmetic-text.ts'
import { type Field, type FieldBuilder, give, LONGEST_TEXT, TooLong } from './fields.ts'
import { Pattern } from './pattern.ts'

/** What a parameter holds: one value or, for `@`, `*` and whole arrays, several. */
interface Value {
  /** Undefined = not set. */
  values: HostText[] | undefined
  /** `@` keeps the elements apart, `*` joins them; absent for a scalar. */
  list?: '@' | '*'
  name: string
}

/** Expands `$x`, `${x…}` into a builder. */
export async function expandParameter(shell: Shell, part: ParameterPart, out: FieldBuilder, context: PartContext): Promise<void> {
  const { operation } = part
  if (operation && BEYOND_POSIX[shell.dialect.name]?.includes(operation.type))
    await shell.abandon(shell.dialect.name === 'ash' ? 'syntax error: bad substitution' : 'Bad substitution')
  if (operation?.type === 'BadSubstitution')
    await shell.abandon(`${operation.text.startsWith('$') ? operation.text : `\${${operation.text}}`}: bad substitution`)
  if (operation?.type === 'ArrayKeys') {
    const keys = (shell.parameters.entries(operation.array) ?? []).map(([key]) => key)
    emit(shell, { values: keys, list: operation.star ? '*' : '@', name: operation.array }, out, context)
    return
  }
  if (operation?.type === 'VarNamePrefix') {
    const names = [...new Set([...shell.vars.names(), ...shell.parameters.ownNames])]
      .filter((name) => name.startsWith(operation.prefix) && shell.parameters.entries(name) !== undefined)
      .sort()
    emit(shell, { values: names, list: operation.star ? '*' : '@', name: part.parameter }, out, context)
    return
  }
  if (operation?.type === 'Indirection') {
    await expandIndirect(shell, part.parameter, operation.innerOp, out, context)
    return
  }
  if (part.parameter === '' && !operation) await shell.abandon(shell.dialect.name === 'bash' ? '${}: bad substitution' : 'Bad substitution')
  await expandOperation(shell, part.parameter, operation, out, context)
}

async function expandIndirect(
  shell: Shell,
  parameter: string,
  inner: ParameterOperation | undefined,
  out: FieldBuilder,
  context: PartContext,
): Promise<void> {
  const variable = isName(parameter) ? shell.vars.find(parameter) : undefined
  // `${!ref}` of a name reference gives the name that it refers to.
  if (variable?.reference) {
    give(out, variable.value ?? '', context.quoted)
    return
  }
  const value = await lookUp(shell, parameter)
  const target = value.values?.[0]
  if (target === undefined) await shell.abandon(`${parameter}: invalid indirect expansion`)
  if (!isIndirectable(target as string)) await shell.abandon(`${target}: invalid variable name`)
  await expandOperation(shell, target as string, inner ?? null, out, context)
}

function isIndirectable(name: string): boolean {
  return parseTarget(name) !== undefined || /^([0-9]+|[@*#?$!-])$/.test(name)
}

/** Expansions that dash does not know; BusyBox ash has substrings and replacements. */
const BEYOND_POSIX: Readonly<Record<string, readonly ParameterOperation['type'][]>> = {
  bash: [],
  dash: ['Substring', 'PatternReplacement', 'CaseModification', 'Transform', 'Indirection', 'ArrayKeys', 'VarNamePrefix'],
  ash: ['CaseModification', 'Transform', 'ArrayKeys', 'VarNamePrefix'],
  mksh: ['CaseModification', 'Transform'],
}

async function expandOperation(
  shell: Shell,
  parameter: string,
  operation: ParameterOperation | null,
  out: FieldBuilder,
  context: PartContext,
): Promise<void> {
  const value = await lookUp(shell, parameter)
  switch (operation?.type) {
    case undefined:
      await demandSet(shell, value)
      emit(shell, value, out, context)
      return
    case 'Length':
      await demandSet(shell, value)
      give(out, String(lengthOf(value)), context.quoted)
      return
    case 'DefaultValue':
      if (isUsable(value, operation.checkEmpty)) emit(shell, value, out, context)
      else await shell.machinery.parts(shell, operation.word.parts, out, { ...context, literalSplits: !context.quoted })
      return
    case 'UseAlternative':
      if (isUsable(value, operation.checkEmpty))
        await shell.machinery.parts(shell, operation.word.parts, out, { ...context, literalSplits: !context.quoted })
      return
    case 'AssignDefault':
      if (isUsable(value, operation.checkEmpty)) emit(shell, value, out, context)
      else give(out, await assignDefault(shell, parameter, operation.word, context), context.quoted)
      return
    case 'ErrorIfUnset':
      if (isUsable(value, operation.checkEmpty)) emit(shell, value, out, context)
      else await refuse(shell, parameter, operation.word, operation.checkEmpty)
      return
    case 'Substring':
      await demandSet(shell, value)
      emit(shell, await substring(shell, value, operation), out, context)
      return
    case 'PatternRemoval': {
      await demandSet(shell, value)
      const pattern = await patternOf(shell, operation.pattern)
      emit(
        shell,
        mapped(value, (text) => removed(text, pattern, operation.side, operation.greedy)),
        out,
        context,
      )
      return
    }
    case 'PatternReplacement': {
      await demandSet(shell, value)
      const replace = await replacer(shell, operation)
      emit(shell, mapped(value, replace), out, context)
      return
    }
    case 'CaseModification': {
      await demandSet(shell, value)
      const [word, direction] = directionOf(operation)
      const pattern = word ? await patternOf(shell, asPattern(word)) : undefined
      emit(
        shell,
        mapped(value, (text) => changeCase(text, direction, operation.all, pattern)),
        out,
        context,
      )
      return
    }
    case 'Transform':
      await demandSet(shell, value)
      emit(shell, await transformed(shell, value, operation.operator), out, context)
      return
    default:
      await shell.abandon(`\${${parameter}}: bad substitution`)
  }
}

/** Finds what a parameter holds; a subscript is expanded first. */
async function lookUp(shell: Shell, parameter: string): Promise<Value> {
  const { parameters } = shell
  if (parameter === '@' || parameter === '*') {
    return { values: shell.positional.length ? [...shell.positional] : [], list: parameter, name: parameter }
  }
  const bracket = parameter.indexOf('[')
  if (bracket <= 0 || !parameter.endsWith(']')) {
    const value = parameters.get(parameter)
    return { values: value === undefined ? undefined : [value], name: parameter }
  }
  const name = parameter.slice(0, bracket)
  const subscript = parameter.slice(bracket + 1, -1)
  if (subscript === '@' || subscript === '*') return { values: parameters.list(name) ?? [], list: subscript, name: parameter }
  let value: HostText | undefined
  const key = await expandSubscript(shell, name, subscript)
  await assigning(shell, () => {
    value = parameters.getElement(name, key)
  })
  if (value === undefined && /^-\d+$/.test(key) && parameters.list(name) !== undefined) await shell.complain(`${name}: bad array subscript`)
  return { values: value === undefined ? undefined : [value], name: parameter }
}

/** Text of a subscript: an expression, or a key with its quotes removed. */
export async function expandSubscript(shell: Shell, name: string, subscript: string): Promise<string> {
  const text = await expandArithmeticText(shell, subscript)
  return shell.parameters.isAssociative(name) ? text.replace(/^(['"])(.*)\1$/s, '$2') : text
}

function isUsable(value: Value, checkEmpty: boolean): boolean {
  if (value.values === undefined || (value.list && value.values.length === 0)) return false
  return !checkEmpty || value.values.length > 1 || value.values[0] !== ''
}

/** `set -u` */
async function demandSet(shell: Shell, value: Value): Promise<void> {
  if (value.values !== undefined || !shell.options.has('nounset')) return
  await shell.abandon(shell.dialect.name === 'bash' ? `${value.name}: unbound variable` : `${value.name}: parameter not set`, 'exit', 127)
}

async function refuse(shell: Shell, parameter: string, word: WordNode | null, checkEmpty: boolean): Promise<void> {
  const text = word ? await inText(shell, word) : ''
  const usual = checkEmpty ? 'parameter null or not set' : shell.dialect.name === 'bash' ? 'parameter not set' : 'parameter not set'
  await shell.abandon(`${parameter}: ${text || usual}`, 'exit', 127)
}

async function assignDefault(shell: Shell, parameter: string, word: WordNode, context: PartContext): Promise<HostText> {
  const text = await inText(shell, word, context)
  const target = parseTarget(parameter)
  if (!target) return shell.abandon(`$${parameter}: cannot assign in this way`)
  const key = target.subscript === undefined ? undefined : await expandSubscript(shell, target.name, target.subscript)
  await assigning(shell, () => {
    if (key === undefined) shell.parameters.set(target.name, text)
    else shell.parameters.setElement(target.name, key, text)
  })
  return text
}

async function inText(shell: Shell, word: WordNode, context: Partial<PartContext> = {}): Promise<HostText> {
  return (await unsplit(shell, word, context)).map((field) => field.text).join(' ')
}

async function unsplit(shell: Shell, word: WordNode, context: Partial<PartContext> = {}): Promise<Field[]> {
  const builder = shell.fieldBuilder(false)
  await shell.machinery.parts(shell, word.parts, builder, { quoted: false, ...context })
  return builder.finish()
}

/** Puts a value into the word: a list in pieces, a scalar whole. */
function emit(shell: Shell, value: Value, out: FieldBuilder, context: PartContext): void {
  const { values = [], list } = value
  if (list === undefined) {
    if (values[0] !== undefined) give(out, values[0], context.quoted)
    else if (context.quoted) out.quoted('')
    return
  }
  if (context.quoted && list === '*') {
    out.quoted(values.join(shell.parameters.ifs[0] ?? ''))
    return
  }
  for (const [index, text] of values.entries()) {
    if (index > 0) out.break()
    give(out, text, context.quoted)
  }
}

function lengthOf({ values, list }: Value): number {
  if (list) return values?.length ?? 0
  const text = values?.[0] ?? ''
  return /[\ud800-\udfff]/.test(text) ? Array.from(text).length : text.length
}

function mapped(value: Value, change: (text: HostText) => HostText): Value {
  return { ...value, values: value.values?.map(change) }
}

async function substring(shell: Shell, value: Value, operation: Extract<ParameterOperation, { type: 'Substring' }>): Promise<Value> {
  const { parameters } = shell
  const offset = Number(parameters.evaluate(await expandArithmeticText(shell, operation.offset.originalText ?? '0')))
  const lengthText = operation.length && (operation.length.originalText ?? '0')
  const length = lengthText === null ? undefined : Number(parameters.evaluate(await expandArithmeticText(shell, lengthText)))
  if (value.list) return { ...value, values: await slice(shell, value, offset, length, lengthText) }
  if (value.values === undefined) return value
  const units = Array.from(value.values[0] ?? '')
  const from = offset < 0 ? units.length + offset : offset
  if (from < 0 || from > units.length) return { ...value, values: [''] }
  const to = length === undefined ? units.length : length < 0 ? units.length + length : Math.min(units.length, from + length)
  if (to < from) await shell.abandon(`${lengthText}: substring expression < 0`)
  return { ...value, values: [units.slice(from, to).join('')] }
}

async function slice(
  shell: Shell,
  value: Value,
  offset: number,
  length: number | undefined,
  lengthText: string | null,
): Promise<HostText[]> {
  const positional = value.name === '@' || value.name === '*'
  // `${@:0}` begins with $0; `${array[@]:n}` counts subscripts, not elements.
  const all: [number, HostText][] = positional
    ? [shell.name, ...(value.values ?? [])].map((text, i) => [i, text])
    : (shell.parameters.entries(value.name.slice(0, value.name.indexOf('['))) ?? []).map(([key, text], i) => [
        /^\d+$/.test(key) ? Number(key) : i,
        text,
      ])
  const last = all.at(-1)?.[0] ?? -1
  const from = offset < 0 ? last + 1 + offset : offset
  if (from < 0) return []
  if (length !== undefined && length < 0) await shell.abandon(`${lengthText}: substring expression < 0`)
  const rest = all.filter(([i]) => i >= from).map(([, text]) => text)
  return length === undefined ? rest : rest.slice(0, length)
}

type CaseDirection = 'upper' | 'lower' | 'toggle'

function directionOf({
  pattern,
  direction,
}: Extract<ParameterOperation, { type: 'CaseModification' }>): [pattern: WordNode | null, CaseDirection] {
  const [first, ...rest] = pattern?.parts ?? []
  if (pattern === null || first?.type !== 'Literal' || !first.value.startsWith(TOGGLE_MARK)) return [pattern, direction]
  const value = first.value.slice(TOGGLE_MARK.length)
  return [value || rest.length ? { ...pattern, parts: [{ ...first, value }, ...rest] } : null, 'toggle']
}

/** just-bash reads the pattern of `${x^^[ab]}` as text. */
function asPattern(word: WordNode): WordNode {
  return { ...word, parts: word.parts.map((part) => (part.type === 'Literal' ? { type: 'Glob', pattern: part.value } : part)) }
}

async function patternOf(shell: Shell, word: WordNode): Promise<Pattern> {
  const source = (await unsplit(shell, word)).map((field) => field.pattern).join(' ')
  return new Pattern(source, { extended: shell.options.shopt('extglob'), ignoreCase: shell.options.shopt('nocasematch') })
}

function removed(text: HostText, pattern: Pattern, side: 'prefix' | 'suffix', greedy: boolean): HostText {
  if (side === 'prefix') {
    const length = pattern.prefix(text, greedy)
    return length > 0 ? text.slice(length) : text
  }
  const length = pattern.suffix(text, greedy)
  return length > 0 ? text.slice(0, text.length - length) : text
}

async function replacer(
  shell: Shell,
  operation: Extract<ParameterOperation, { type: 'PatternReplacement' }>,
): Promise<(text: HostText) => HostText> {
  const pattern = await patternOf(shell, operation.pattern)
  const replacement = operation.replacement ? await replacementOf(shell, operation.replacement) : () => ''
  return (text) => {
    if (operation.anchor === 'start') {
      const length = pattern.prefix(text, true)
      return length < 0 ? text : replacement(text.slice(0, length)) + text.slice(length)
    }
    if (operation.anchor === 'end') {
      const length = pattern.suffix(text, true)
      return length < 0 ? text : text.slice(0, text.length - length) + replacement(text.slice(text.length - length))
    }
    return spliced(text, pattern.find(text, operation.all), replacement)
  }
}

/** In an unquoted replacement `&` is what matched (patsub_replacement, bash 5.2). */
async function replacementOf(shell: Shell, word: WordNode): Promise<(matched: HostText) => HostText> {
  const fields = await unsplit(shell, word)
  const text = fields.map((f) => f.text).join(' ')
  const pattern = fields.map((f) => f.pattern).join(' ')
  if (!shell.options.shopt('patsub_replacement') || !/(^|[^\\])&|\\&/.test(pattern)) return () => text
  return (matched) => pattern.replace(/\\([\s\S])|&/g, (whole, escaped: string | undefined) => (whole === '&' ? matched : (escaped ?? '')))
}

function spliced(text: HostText, spans: Iterable<[number, number]>, replacement: (matched: HostText) => HostText): HostText {
  let result = ''
  let at = 0
  for (const [from, to] of spans) {
    result += text.slice(at, from) + replacement(text.slice(from, to))
    at = to
    if (result.length > LONGEST_TEXT) throw new TooLong()
  }
  return result + text.slice(at)
}

function changeCase(text: HostText, direction: CaseDirection, all: boolean, pattern: Pattern | undefined): HostText {
  const change = (char: string) => {
    if (pattern && !pattern.matches(char)) return char
    const upper = char.toUpperCase()
    return direction === 'lower' || (direction === 'toggle' && char === upper) ? char.toLowerCase() : upper
  }
  const chars = Array.from(text)
  return all ? chars.map(change).join('') : chars.map((char, i) => (i === 0 ? change(char) : char)).join('')
}

async function transformed(
  shell: Shell,
  value: Value,
  operator: Extract<ParameterOperation, { type: 'Transform' }>['operator'],
): Promise<Value> {
  switch (operator) {
    case 'U':
      return mapped(value, (text) => text.toUpperCase())
    case 'L':
      return mapped(value, (text) => text.toLowerCase())
    case 'u':
      return mapped(value, (text) => changeCase(text, 'upper', false, undefined))
    case 'Q':
      return mapped(value, quoteForReuse)
    case 'E':
      return mapped(value, (text) => ansiC(text))
    case 'P':
      return { ...value, values: value.values && (await expandedPrompts(shell, value.values)) }
    case 'a':
      return mapped(value, () => attributesOf(shell, value.name))
    case 'A':
      return { values: [assignmentOf(shell, value.name.replace(/\[.*$/s, '')) ?? ''], name: value.name }
    case 'K':
    case 'k': {
      const entries = shell.parameters.entries(value.name.replace(/\[.*$/s, '')) ?? []
      if (operator === 'k') return { values: entries.flat(), list: '@', name: value.name }
      return { values: [entries.map(([key, text]) => `${key} ${doubleQuoted(text)}`).join(' ')], name: value.name }
    }
  }
}

async function expandedPrompts(shell: Shell, prompts: readonly HostText[]): Promise<HostText[]> {
  const texts: HostText[] = []
  for (const prompt of prompts) {
    const decoded = expandPrompt(shell, prompt)
    texts.push(/[$`]/.test(decoded) ? await expandLikeHereDocument(shell, decoded) : decoded)
  }
  return texts
}

function doubleQuoted(text: HostText): string {
  return `"${text.replace(/["$`\\]/g, '\\$&')}"`
}

function attributesOf(shell: Shell, name: string): string {
  const variable = shell.vars.find(name.replace(/\[.*$/s, ''))
  if (!variable) return ''
  const { array, table, integer, lower, reference, readonly, upper, exported } = variable
  return `${array ? 'a' : ''}${table ? 'A' : ''}${integer ? 'i' : ''}${lower ? 'l' : ''}${reference ? 'n' : ''}${readonly ? 'r' : ''}${upper ? 'u' : ''}${exported ? 'x' : ''}`
}
