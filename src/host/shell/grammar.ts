import { type CommandNode, type PipelineNode, parse, type ScriptNode, type StatementNode, type WordNode } from 'just-bash'
import { readPatternsAsText } from './here-document.ts'
import { escapeStrayDollars } from './stray-dollars.ts'
import { noteUnbraced } from './unbraced.ts'

export type { CommandNode, PipelineNode, ScriptNode, StatementNode, WordNode } from 'just-bash'
export type SimpleCommandNode = Extract<CommandNode, { type: 'SimpleCommand' }>
export type CompoundCommandNode = Exclude<CommandNode, SimpleCommandNode | FunctionDefNode>
export type FunctionDefNode = Extract<CommandNode, { type: 'FunctionDef' }>
export type AssignmentNode = SimpleCommandNode['assignments'][number]
export type RedirectionNode = SimpleCommandNode['redirections'][number]
export type HereDocNode = Extract<RedirectionNode['target'], { type: 'HereDoc' }>
export type WordPart = SimpleCommandNode['args'][number]['parts'][number]
export type ParameterPart = Extract<WordPart, { type: 'ParameterExpansion' }>
export type ParameterOperation = NonNullable<ParameterPart['operation']>
export type BracePart = Extract<WordPart, { type: 'BraceExpansion' }>
export type ConditionalNode = Extract<CommandNode, { type: 'ConditionalCommand' }>['expression']
export type ArithmeticNode = Extract<CommandNode, { type: 'ArithmeticCommand' }>['expression']

/** Why some text is not (yet) a program. */
export type Refusal =
  /** More lines could complete it: an open quote (`mark` is what closes it), a here-document, or a compound command. */
  | { kind: 'incomplete'; open: 'quote' | 'here-document' | 'list'; mark: string }
  /** `syntax error near unexpected token`, in the line (from 1) of the text. `newline` is the end of the line. */
  | { kind: 'token'; token: string; line: number }
  /** Another message of bash's parser, without prefix. */
  | { kind: 'message'; message: string; line: number }

export type Parsed = { script: ScriptNode; refusal?: undefined } | { script?: undefined; refusal: Refusal }

/**
 * `select NAME` has no node in just-bash's tree; it is read as a `for` over this prefix and the name.
 */
export const SELECT_MARK = '__select__'

/**
 * `coproc` has none either: with a compound command it is read as a function of this prefix and the name, else as a command
 * of this name.
 */
export const COPROC_MARK = '__coproc__'
const COPROC_COMPOUND = /^[ \t]+(?:([A-Za-z_]\w{0,100})[ \t]+)?(?=\{\s|\(|(?:for|while|until|if|case|\[\[)\s)/

/** `${x~~pattern}` has none: it is read as `${x^^…}` with this before the pattern. */
export const TOGGLE_MARK = '\u{f8ff}'
const TOGGLE = /(\$\{[A-Za-z_]\w{0,100}(?:\[[^\]]{0,100}\])?)(~~?)/

/** Names of just-bash's token kinds as bash writes them; the rest stand for themselves. */
const EOF = 'EOF'

interface ParserComplaint {
  name: string
  message: string
  line: number
  token?: { type: string; value: string; start: number; line: number }
}

/** Messages of just-bash that mean, at the end of the text, what bash calls an unexpected `newline`. */
const ENDS_LINE = [
  'Expected redirection target',
  'Expected here-document delimiter',
  'Expected variable name in for loop',
  'Expected function name',
  'Expected conditional expression',
  'Expected operand',
]

/**
 * Reads program text with just-bash's parser and says in bash's terms what is wrong with it.
 * @param extglob whether `@(a|b)` and its kind are patterns; else their parenthesis is a mistake
 */
export function parseText(source: string, { extglob = true }: { extglob?: boolean } = {}): Parsed {
  const harmless = escapeStrayDollars(source)
  if (harmless === undefined) return { refusal: { kind: 'incomplete', open: 'quote', mark: ')' } }
  let text = harmless
  for (let rewrites = 0; ; rewrites++) {
    try {
      const script = parse(text)
      const refusal = gapIn(script, text) ?? strayOperator(text)
      noteUnbraced(script, text)
      for (const document of hereDocuments(script.statements)) readPatternsAsText(document)
      if (text.includes('~+')) readWorkingDirectory(script)
      const parenthesis = extglob ? undefined : extendedPattern(script, text)
      return refusal ? { refusal } : parenthesis ? { refusal: parenthesis } : { script }
    } catch (error) {
      const fraction = fractionIn(error)
      if (fraction) return { refusal: fraction }
      const complaint = complaintOf(error)
      const { token } = complaint
      if (token?.value === 'select' && rewrites < 50 && text.startsWith('select', token.start)) {
        text = `${text.slice(0, token.start)}for ${SELECT_MARK}${text.slice(token.start + 6).replace(/^\s+/, '')}`
        continue
      }
      if (token?.value === 'coproc' && rewrites < 50 && text.startsWith('coproc', token.start)) {
        text = text.slice(0, token.start) + coprocess(text.slice(token.start + 6))
        continue
      }
      if (extglob && token?.value === '(' && text[token.start - 1] === '!' && /\s/.test(text[token.start - 2] ?? '') && rewrites < 50) {
        // just-bash takes a word that begins with `!(` for a negation.
        text = `${text.slice(0, token.start - 1)}''${text.slice(token.start - 1)}`
        continue
      }
      if (complaint.message.endsWith('bad substitution') && rewrites < 50 && TOGGLE.test(text)) {
        text = text.replace(TOGGLE, (_, name: string, mark: string) => `${name}${mark.length > 1 ? '^^' : '^'}${TOGGLE_MARK}`)
        continue
      }
      if (token?.type === 'ASSIGNMENT_WORD' && rewrites < 50 && /=/.test(token.value) && text.startsWith(token.value, token.start)) {
        // A word like any other where no assignment can stand, as in `for x in a=b`.
        text = text.slice(0, token.start) + token.value.replace('=', '\\=') + text.slice(token.start + token.value.length)
        continue
      }
      const refusal = refusalOf(complaint, text)
      const easier = refusal.kind === 'incomplete' && refusal.open === 'quote' && rewrites < 50 ? withoutEscapedQuotes(text) : text
      if (easier === text) return { refusal }
      text = easier
    }
  }
}

function coprocess(rest: string): string {
  const [head, name = 'COPROC'] = COPROC_COMPOUND.exec(rest) ?? []
  return head === undefined ? COPROC_MARK + rest : `${COPROC_MARK}${name}() ${rest.slice(head.length)}`
}

/** `~+` at the beginning of a word, which just-bash leaves as text. */
function readWorkingDirectory(script: ScriptNode): void {
  const waiting: unknown[] = [script]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null || ('type' in node && node.type === 'HereDoc')) continue
    const { type, parts } = node as Partial<WordNode>
    const [first] = (type === 'Word' && parts) || []
    if (first?.type === 'Literal' && /^~\+(?:\/|$)/.test(first.value)) {
      const rest = first.value.slice(2)
      parts?.splice(0, 1, { type: 'TildeExpansion', user: '+' }, ...(rest ? [{ ...first, value: rest }] : []))
    }
    for (const value of Object.values(node)) if (typeof value === 'object') waiting.push(value)
  }
}

/** An extended pattern outside of `[[` and `${…}`, where the shell reads it without its option. */
function extendedPattern(script: ScriptNode, text: string): Refusal | undefined {
  if (!/[?*+@!]\(/.test(text)) return undefined
  const waiting: unknown[] = [script]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue
    const { type, pattern } = node as { type?: string; pattern?: unknown }
    if (type === 'Glob' && typeof pattern === 'string' && /^[?*+@!]\(/.test(pattern))
      return { kind: 'token', token: '(', line: text.slice(0, Math.max(0, text.indexOf(pattern))).split('\n').length }
    if (type === 'ConditionalCommand' || type === 'ParameterExpansion') continue
    for (const value of Object.values(node)) if (typeof value === 'object') waiting.push(value)
  }
  return undefined
}

/** `function NAME` is no keyword of dash: it stumbles over the parenthesis or over the brace that closes what it took for words. */
export function functionWord(script: ScriptNode, text: string): Refusal | undefined {
  const found = /(?:^|[;&|({\n]|\b(?:then|else|do)[ \t])[ \t]*function[ \t]+([\w-]{1,100})[ \t]*(\(\))?\s*\{/.exec(text)
  if (!found || !definitionsIn(script).has(found[1] as string)) return undefined
  const start = found.index + found[0].length
  const closing = text.indexOf('}', start)
  const at = found[2] || closing < 0 ? start - 1 : closing
  return { kind: 'token', token: found[2] ? '(' : '}', line: text.slice(0, at).split('\n').length }
}

/** Names of the functions that a program defines, anywhere in it. */
function definitionsIn(script: ScriptNode): Set<string> {
  const names = new Set<string>()
  const waiting: unknown[] = [script]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue
    const { type, name } = node as { type?: string; name?: unknown }
    if (type === 'FunctionDef' && typeof name === 'string') names.add(name)
    for (const value of Object.values(node)) if (typeof value === 'object') waiting.push(value)
  }
  return names
}

/** just-bash loses its way at `\'` in `$'…'` within a substitution; `\x27` means the same. */
function withoutEscapedQuotes(text: string): string {
  return text.replace(
    /\$'(?:[^'\\]|\\[\s\S])*'/g,
    (quoted) => `$'${quoted.slice(2, -1).replace(/\\([\s\S])/g, (pair, char: string) => (char === "'" ? '\\x27' : pair))}'`,
  )
}

/** just-bash's parser throws for a number with a fraction in an expression, which bash finds when it comes there. */
function fractionIn(error: unknown): Refusal | undefined {
  const [, whole, fraction] =
    /(\d+)(\.\d)\.\.\.: syntax error: invalid arithmetic operator/.exec(error instanceof Error ? error.message : '') ?? []
  if (!fraction) return undefined
  const message = `${whole}${fraction}: syntax error: invalid arithmetic operator (error token is "${fraction}")`
  return { kind: 'message', message, line: 1 }
}

function complaintOf(error: unknown): ParserComplaint {
  if (!(error instanceof Error) || !('line' in error)) throw error
  return error as unknown as ParserComplaint
}

function refusalOf(complaint: ParserComplaint, text: string): Refusal {
  const { message, token } = complaint
  const lines = text.split('\n')
  const looking = /unexpected EOF while looking for matching [`'](.)'/.exec(message)
  if (looking) return { kind: 'incomplete', open: 'quote', mark: looking[1] as string }
  const substitution = /: (\$\{.*\}): bad substitution$/.exec(message)
  if (substitution) return { kind: 'message', message: `${substitution[1]}: bad substitution`, line: complaint.line }
  if (/limit|too deep|exceed/i.test(message)) return { kind: 'message', message: 'memory exhausted', line: 1 }
  if (!token) return { kind: 'token', token: lines.at(-1) ?? '', line: complaint.line || lines.length }
  if (token.value === '' && token.type !== EOF) return { kind: 'incomplete', open: 'list', mark: '' }
  const missing = token.value === '(' ? behindFunctionName(text, token.start) : undefined
  if (missing !== undefined) return { kind: 'token', token: missing, line: token.line }
  if (token.type !== EOF) return unexpected(message, token.value, token.line)
  const end = text.trimEnd().length
  // The text of a command substitution ends where its `)` stands.
  if (token.start < end && !text.slice(token.start).trimStart().startsWith('#')) return { kind: 'token', token: ')', line: lines.length }
  if (ENDS_LINE.some((start) => message.includes(start))) {
    const line = text.slice(0, end).split('\n').length
    return message.includes('operand') || message.includes('conditional')
      ? { kind: 'message', message: "unexpected argument `newline' to conditional unary operator", line }
      : { kind: 'token', token: 'newline', line }
  }
  if (message.includes('Expected RPAREN') && /\bcase\b/.test(text)) return { kind: 'token', token: 'newline', line: token.line }
  if (message.includes('Expected RPAREN') && /[A-Za-z0-9_\]]\+?=\([^)]*$/.test(text))
    return { kind: 'incomplete', open: 'quote', mark: ')' }
  if (message.includes('DPAREN_END')) return { kind: 'incomplete', open: 'quote', mark: ')' }
  return { kind: 'incomplete', open: 'list', mark: expected(message) }
}

/** The word that a compound command waits for. */
function expected(message: string): string {
  const named = /Expected ([A-Z]+), got/.exec(message)?.[1] ?? ''
  const closing = /near unexpected token `([a-z}]+)'/.exec(message)?.[1]
  return closing ?? { RBRACE: '}', RPAREN: ')' }[named] ?? named.toLowerCase()
}

function unexpected(message: string, token: string, line: number): Refusal {
  if (message.includes('Expected operand after')) {
    return { kind: 'message', message: `unexpected argument \`${token}' to conditional unary operator`, line }
  }
  if (message.includes('Expected DBRACK_END')) return { kind: 'message', message: 'conditional binary operator expected', line }
  return { kind: 'token', token: token === '\n' ? 'newline' : token, line }
}

/** A word and `(` begin a function: what bash does not expect is what stands in the place of `)`. */
function behindFunctionName(text: string, at: number): string | undefined {
  const isName = /(?:^|[;&|\n({]|\b(?:then|else|do))[ \t]*[^\s;&|(){}<>'"$`]{1,100}[ \t]*$/.test(text.slice(Math.max(0, at - 200), at))
  const next = isName
    ? /^[ \t]*(\n|;|&|\||$|\((?!\()|(?:[^\s;&|(){}<>'"]|"[^"]*"|'[^']*')+)/.exec(text.slice(at + 1, at + 200))?.[1]
    : undefined
  return next === '' || next === '\n' ? 'newline' : next
}

/** What just-bash lets pass and bash does not: commands that are missing between operators or in bodies. */
function gapIn(script: ScriptNode, text: string): Refusal | undefined {
  for (const statement of script.statements) {
    if (statement.deferredError)
      return { kind: 'token', token: statement.deferredError.token, line: lineOfToken(text, statement.deferredError.token) }
  }
  const gap = gapInList(script.statements)
  if (!gap) return unfinishedHereDocument(script.statements)
  if (gap !== 'command') return { kind: 'token', token: gap, line: lineOfToken(text, gap) }
  const pair = doubledOperator(text)
  if (pair) return { kind: 'token', token: pair.token, line: pair.line }
  return { kind: 'incomplete', open: 'list', mark: '' }
}

type Gap = 'command' | ')' | '}' | 'done' | 'fi' | undefined

function gapInList(statements: readonly StatementNode[]): Gap {
  for (const statement of statements) {
    for (const pipeline of statement.pipelines) {
      const gap = gapInPipeline(pipeline, statement.pipelines.length > 1)
      if (gap) return gap
    }
  }
  return undefined
}

function gapInPipeline(pipeline: PipelineNode, inList: boolean): Gap {
  const joined = inList || pipeline.commands.length > 1
  for (const command of pipeline.commands) {
    if (joined && isMissing(command) && !pipeline.negated && !pipeline.timed) return 'command'
    const gap = gapInCommand(command)
    if (gap) return gap
  }
  return undefined
}

function isMissing(command: CommandNode): boolean {
  return command.type === 'SimpleCommand' && !command.name && command.assignments.length === 0 && command.redirections.length === 0
}

function gapInCommand(command: CommandNode): Gap {
  switch (command.type) {
    case 'Subshell':
      return command.body.length === 0 ? ')' : gapInList(command.body)
    case 'Group':
      return command.body.length === 0 ? '}' : gapInList(command.body)
    case 'For':
    case 'CStyleFor':
      return command.body.length === 0 ? 'done' : gapInList(command.body)
    case 'While':
    case 'Until':
      return gapInList(command.condition) ?? gapInList(command.body)
    case 'If':
      for (const clause of command.clauses) {
        const gap = gapInList(clause.condition) ?? gapInList(clause.body)
        if (gap) return gap
      }
      return command.elseBody ? gapInList(command.elseBody) : undefined
    case 'Case':
      for (const item of command.items) {
        const gap = gapInList(item.body)
        if (gap) return gap
      }
      return undefined
    case 'FunctionDef':
      return gapInCommand(command.body)
    default:
      return undefined
  }
}

function unfinishedHereDocument(statements: readonly StatementNode[]): Refusal | undefined {
  const open = hereDocuments(statements).find((document) => document.terminated === false)
  return open && { kind: 'incomplete', open: 'here-document', mark: open.delimiter }
}

/** The here-documents of a program, those of nested commands included. */
export function hereDocuments(statements: readonly StatementNode[]): HereDocNode[] {
  return statements.flatMap((statement) => statement.pipelines.flatMap((pipeline) => pipeline.commands.flatMap(hereDocumentsOf)))
}

function hereDocumentsOf(command: CommandNode): HereDocNode[] {
  const own = command.redirections.flatMap((r) => (r.target.type === 'HereDoc' ? [r.target] : []))
  switch (command.type) {
    case 'SimpleCommand':
    case 'ArithmeticCommand':
    case 'ConditionalCommand':
      return own
    case 'FunctionDef':
      return [...own, ...hereDocumentsOf(command.body)]
    case 'If':
      return [
        ...own,
        ...command.clauses.flatMap((c) => [...hereDocuments(c.condition), ...hereDocuments(c.body)]),
        ...hereDocuments(command.elseBody ?? []),
      ]
    case 'While':
    case 'Until':
      return [...own, ...hereDocuments(command.condition), ...hereDocuments(command.body)]
    case 'Case':
      return [...own, ...command.items.flatMap((item) => hereDocuments(item.body))]
    default:
      return [...own, ...hereDocuments(command.body)]
  }
}

/** Two control operators with nothing between them, quotes and comments aside. */
function doubledOperator(text: string): { token: string; line: number } | undefined {
  const operators = /(\|\||&&|\|&|[|&;()])/y
  let after: string | undefined
  let line = 1
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === '\n') line++
    if (/\s/.test(char)) continue
    operators.lastIndex = at
    const operator = operators.exec(text)?.[0]
    if (!operator) {
      after = undefined
      at = skipQuoted(text, at)
      continue
    }
    if (after && after !== ';' && after !== '&' && operator !== '(') return { token: operator, line }
    after = operator
    at += operator.length - 1
  }
  return undefined
}

/** Index of the last character of the quoted piece that begins at `at`; `at` itself when nothing is quoted there. */
function skipQuoted(text: string, at: number): number {
  const char = text[at]
  if (char === '\\') return at + 1
  if (char !== "'" && char !== '"') return at
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\' && char === '"') end++
    else if (text[end] === char) return end
  }
  return text.length
}

function lineOfToken(text: string, token: string): number {
  const at = text.lastIndexOf(token)
  return at < 0 ? 1 : text.slice(0, at).split('\n').length
}

/** A line that begins with an operator after a command that was complete; just-bash takes the newline and `;` together. */
function strayOperator(text: string): Refusal | undefined {
  const lines = text.split('\n')
  for (const [index, line] of lines.entries()) {
    const operator = index > 0 ? /^\s*(;(?![;&])|&&|\|\||\||&)/.exec(line)?.[1] : undefined
    if (operator && isComplete(lines.slice(0, index).join('\n'))) return { kind: 'token', token: operator, line: index + 1 }
  }
  return undefined
}

function isComplete(text: string): boolean {
  try {
    return text.trim() !== '' && gapIn(parse(text), text) === undefined
  } catch (error) {
    complaintOf(error)
    return false
  }
}

/** Lines of a statement's commands, in order; just-bash gives a line to simple commands and a few others. */
function linesOf(statements: readonly StatementNode[]): number[] {
  return statements.flatMap((statement) => statement.pipelines.flatMap((pipeline) => pipeline.commands.flatMap(linesOfCommand)))
}

function linesOfCommand(command: CommandNode): number[] {
  const own = command.line ? [command.line] : []
  switch (command.type) {
    case 'FunctionDef':
      return [...own, ...linesOfCommand(command.body)]
    case 'If':
      return [...own, ...command.clauses.flatMap((c) => [...linesOf(c.condition), ...linesOf(c.body)]), ...linesOf(command.elseBody ?? [])]
    case 'While':
    case 'Until':
      return [...own, ...linesOf(command.condition), ...linesOf(command.body)]
    case 'Case':
      return [...own, ...command.items.flatMap((item) => linesOf(item.body))]
    case 'SimpleCommand':
    case 'ArithmeticCommand':
    case 'ConditionalCommand':
      return own
    default:
      return [...own, ...linesOf(command.body)]
  }
}

export function firstLineOf(statement: StatementNode): number {
  return Math.min(...linesOf([statement]), Number.MAX_SAFE_INTEGER)
}

export function lastLineOf(statement: StatementNode): number {
  return Math.max(0, ...linesOf([statement]))
}
