import type { HostText } from '../command.ts'
import type { Refusal } from './grammar.ts'
import type { Shell } from './shell.ts'

/**
 * Says what is wrong with program text, as this shell and mode say it.
 * @param where the prefix's part that names the text: `-c: ` and `eval: ` in bash
 */
export async function complainOfSyntax(shell: Shell, refusal: Refusal, text: HostText, firstLine: number, where: string): Promise<void> {
  if (shell.dialect.name === 'bash') await inBash(shell, refusal, text, firstLine, where)
  else await inPosix(shell, refusal, text, firstLine, where)
}

async function inBash(shell: Shell, refusal: Refusal, text: HostText, firstLine: number, where: string): Promise<void> {
  const lines = text.split('\n')
  const prefix = (line: number) => (shell.interactive && !where ? `${shell.name}: ` : `${shell.errorName}: ${where}line ${line}: `)
  const { stderr } = shell.process
  if (refusal.kind === 'incomplete') {
    const last = firstLine + lines.length - 1
    if (refusal.open === 'list') await stderr.write(`${prefix(last + 1)}syntax error: unexpected end of file\n`)
    else
      await stderr.write(
        `${prefix(refusal.mark === ')' ? last + (text.includes('$(') ? 1 : 0) : quoteLine(lines, refusal.mark, firstLine))}unexpected EOF while looking for matching \`${refusal.mark}'\n`,
      )
    return
  }
  const line = firstLine + refusal.line - 1
  if (refusal.kind === 'message') {
    const plain = refusal.message.endsWith('bad substitution')
    await stderr.write(`${plain ? shell.prefix : prefix(line)}${refusal.message}\n`)
    return
  }
  await stderr.write(`${prefix(line)}syntax error near unexpected token \`${refusal.token}'\n`)
  if (!shell.interactive || where) await stderr.write(`${prefix(line)}\`${lines[refusal.line - 1] ?? ''}'\n`)
}

/** bash 5.2 names the line where the open quote stands. */
function quoteLine(lines: readonly string[], mark: string, firstLine: number): number {
  const at = lines.findLastIndex((line) => (line.split(mark).length - 1) % 2 === 1)
  return firstLine + Math.max(0, at)
}

async function inPosix(shell: Shell, refusal: Refusal, text: HostText, firstLine: number, where: string): Promise<void> {
  const lines = text.split('\n')
  const message = posixMessage(refusal, shell.dialect.name)
  shell.line = firstLine + (refusal.kind === 'incomplete' ? lines.length : refusal.line) - 1
  const evaluated = where.startsWith('eval') ? 'eval: ' : ''
  if (shell.dialect.name === 'mksh') await shell.complain(evaluated + mkshMessage(refusal))
  else await shell.complain(`${evaluated}${shell.dialect.name === 'dash' ? 'Syntax' : 'syntax'} error: ${message}`)
}

/** The word that the missing one closes. */
const OPENINGS = new Map([
  ['fi', 'if'],
  ['then', 'if'],
  ['done', 'do'],
  ['do', 'while'],
  ['esac', 'case'],
  ['}', '{'],
  [')', '('],
])

function mkshMessage(refusal: Refusal): string {
  if (refusal.kind === 'message') return refusal.message
  if (refusal.kind === 'token') return `syntax error: unexpected '${refusal.token}'`
  if (refusal.open === 'list')
    return refusal.mark ? `syntax error: unmatched '${OPENINGS.get(refusal.mark) ?? refusal.mark}'` : "syntax error: unexpected 'EOF'"
  return 'no closing quote'
}

function posixMessage(refusal: Refusal, dialect: string): string {
  if (refusal.kind === 'message') return refusal.message.endsWith('bad substitution') ? 'Bad substitution' : refusal.message
  if (refusal.kind === 'token')
    return refusal.token === 'newline'
      ? 'newline unexpected'
      : dialect === 'dash'
        ? `"${refusal.token}" unexpected`
        : `unexpected "${refusal.token}"`
  if (refusal.open === 'list') {
    const expecting = refusal.mark ? ` (expecting "${refusal.mark}")` : ''
    return (dialect === 'dash' ? 'end of file unexpected' : 'unexpected end of file') + expecting
  }
  if (refusal.mark === '`') return 'EOF in backquote substitution'
  return dialect === 'dash' ? 'Unterminated quoted string' : 'unterminated quoted string'
}
