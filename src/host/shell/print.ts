import { serialize } from 'just-bash'
import type {
  AssignmentNode,
  CommandNode,
  FunctionDefNode,
  PipelineNode,
  RedirectionNode,
  SimpleCommandNode,
  StatementNode,
  WordNode,
} from './grammar.ts'

/**
 * Programs as bash prints them from its tree (print_cmd.c): in `jobs`, `type` and `declare -f`. Words are just-bash's
 * own rendering of what was written.
 */
export function printFunction(name: string, definition: FunctionDefNode): string {
  const redirections = definition.redirections.length ? ` ${definition.redirections.map(printRedirection).join(' ')}` : ''
  const { body } = definition
  const inner = body.type === 'Group' ? printBody(body.body, 1, false) : `${indent(1)}${command(body, 1)}\n`
  return `${name} () \n{ \n${inner}}${redirections}\n`
}

export function printStatement(statement: StatementNode): string {
  return list([statement], 0, ' ').replace(/;$/, '')
}

export function printPipeline(node: PipelineNode): string {
  return pipeline(node, 0)
}

export function printCommand(node: CommandNode): string {
  return command(node, 0)
}

/** What `set -x` shows of a loop or a choice before it runs. */
export function printHead(node: Extract<CommandNode, { type: 'For' | 'Case' }>): string {
  if (node.type === 'Case') return `case ${printWord(node.word)} in`
  return `for ${node.variable} in ${node.words ? node.words.map(printWord).join(' ') : '"$@"'}`
}

export function printSimple(node: SimpleCommandNode): string {
  const words = node.name ? [node.name, ...node.args] : []
  return [...node.assignments.map(printAssignment), ...words.map(printWord), ...node.redirections.map(printRedirection)].join(' ')
}

function indent(level: number): string {
  return '    '.repeat(level)
}

/** The lines of a body; in the outermost one the last command has no semicolon. */
function printBody(statements: readonly StatementNode[], level: number, closed = true): string {
  return statements
    .map((statement, i) => {
      const text = one(statement, level)
      const semicolon = statement.background || (!closed && i === statements.length - 1) || text.endsWith('\n') ? '' : ';'
      return `${indent(level)}${text}${semicolon}\n`
    })
    .join('')
}

function list(statements: readonly StatementNode[], level: number, between: string): string {
  return statements.map((s) => one(s, level) + (s.background ? '' : ';')).join(between)
}

function one(statement: StatementNode, level: number): string {
  const text = statement.pipelines.map((p, i) => (i === 0 ? '' : ` ${statement.operators[i - 1]} `) + pipeline(p, level)).join('')
  return statement.background ? `${text} &` : text
}

function pipeline(node: PipelineNode, level: number): string {
  const prefix = `${node.timed ? `time ${node.timePosix ? '-p ' : ''}` : ''}${node.negated ? '! ' : ''}`
  return prefix + node.commands.map((c, i) => (i === 0 ? '' : node.pipeStderr?.[i - 1] ? ' 2>&1 | ' : ' | ') + command(c, level)).join('')
}

function command(node: CommandNode, level: number): string {
  if (node.type === 'SimpleCommand') return printSimple(node)
  if (node.type === 'FunctionDef') {
    const inner =
      node.body.type === 'Group' ? printBody(node.body.body, level + 1, false) : `${indent(level + 1)}${command(node.body, level + 1)}\n`
    return `function ${node.name} () \n${indent(level)}{ \n${inner}${indent(level)}}`
  }
  const redirections = node.redirections.map((r) => ` ${printRedirection(r)}`).join('')
  return compound(node, level) + redirections
}

function compound(node: Exclude<CommandNode, SimpleCommandNode | FunctionDefNode>, level: number): string {
  const body = (statements: readonly StatementNode[]) => printBody(statements, level + 1)
  const end = indent(level)
  switch (node.type) {
    case 'Group':
      return `{ \n${printBody(node.body, level + 1, false)}${end}}`
    case 'Subshell':
      return `( ${list(node.body, level, ' ').replace(/;$/, '')} )`
    case 'If':
      return `${node.clauses
        .map((clause, i) => `${i === 0 ? 'if' : `${end}else\n${end}if`} ${list(clause.condition, level, ' ')} then\n${body(clause.body)}`)
        .join('')}${node.elseBody ? `${end}else\n${body(node.elseBody)}` : ''}${end}fi`
    case 'For':
      return `for ${node.variable} in ${(node.words ?? []).map(printWord).join(' ') || '"$@"'};\n${end}do\n${body(node.body)}${end}done`
    case 'CStyleFor':
      return `for ((${node.init?.originalText ?? ''}; ${node.condition?.originalText ?? ''}; ${node.update?.originalText ?? ''}))\n${end}do\n${body(node.body)}${end}done`
    case 'While':
    case 'Until':
      return `${node.type.toLowerCase()} ${list(node.condition, level, ' ')} do\n${body(node.body)}${end}done`
    case 'Case':
      return `case ${printWord(node.word)} in \n${node.items
        .map(
          (item) =>
            `${indent(level + 1)}${item.patterns.map(printWord).join(' | ')})\n${printBody(item.body, level + 2, false)}${indent(level + 1)}${item.terminator}\n`,
        )
        .join('')}${end}esac`
    case 'ArithmeticCommand':
      return `((${node.expression.originalText ?? ''}))`
    case 'ConditionalCommand':
      return rendered(node)
  }
}

function printAssignment(node: AssignmentNode): string {
  const operator = node.append ? '+=' : '='
  if (node.array) return `${node.name}${operator}(${node.array.map(printWord).join(' ')})`
  return `${node.name}${operator}${node.value ? printWord(node.value) : ''}`
}

function printRedirection(node: RedirectionNode): string {
  const fd = node.fdVariable !== undefined ? `{${node.fdVariable}}` : (node.fd ?? '')
  if (node.target.type === 'HereDoc')
    return `${fd}${node.operator}${node.target.quoted ? `'${node.target.delimiter}'` : node.target.delimiter}`
  const target = printWord(node.target)
  if (node.operator === '>&' || node.operator === '<&') return `${node.fd ?? (node.operator === '>&' ? 1 : 0)}${node.operator}${target}`
  return `${fd}${node.operator} ${target}`
}

function printWord(word: WordNode): string {
  return rendered({ type: 'SimpleCommand', name: word, args: [], assignments: [], redirections: [] })
}

function rendered(node: CommandNode): string {
  const statement: StatementNode = {
    type: 'Statement',
    pipelines: [{ type: 'Pipeline', commands: [node], negated: false }],
    operators: [],
    background: false,
  }
  return serialize({ type: 'Script', statements: [statement] }).trim()
}
