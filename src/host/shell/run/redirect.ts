import type { HostText } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { errno } from '../../files/errno.ts'
import { type Descriptors, MOST_DESCRIPTORS } from '../../process/descriptors.ts'
import type { OpenMode } from '../../process/disk-file.ts'
import { MemoryFile, type OpenFile } from '../../process/open-file.ts'
import { toBytes } from '../../text.ts'
import { RedirectionFailed } from '../control.ts'
import type { RedirectionNode, WordNode } from '../grammar.ts'
import { parseTarget } from '../parameters.ts'
import type { Shell } from '../shell.ts'
import { connect } from './network-file.ts'

/** Carries redirections out on a table of descriptors, in order. @throws RedirectionFailed */
export async function redirect(shell: Shell, redirections: readonly RedirectionNode[], descriptors: Descriptors): Promise<void> {
  for (const redirection of redirections) await redirectOne(shell, redirection, descriptors)
}

/** Carries redirections out on the shell itself and gives back how to undo them. */
export async function redirectShell(shell: Shell, redirections: readonly RedirectionNode[]): Promise<() => void> {
  const { descriptors } = shell.process
  const saved = new Map<number, OpenFile | undefined>()
  const undo = () => {
    for (const [fd, file] of saved) {
      if (file) descriptors.set(fd, file)
      else descriptors.close(fd)
    }
  }
  try {
    for (const redirection of redirections) {
      for (const fd of touched(redirection)) if (!saved.has(fd)) saved.set(fd, descriptors.get(fd)?.retain())
      await redirectOne(shell, redirection, descriptors)
    }
  } catch (error) {
    undo()
    throw error
  }
  return undo
}

function touched(redirection: RedirectionNode): number[] {
  const { operator, fd } = redirection
  if (redirection.fdVariable !== undefined) return []
  if (operator === '&>' || operator === '&>>' || (operator === '>&' && fd === null)) return [1, 2]
  return [fd ?? usualDescriptor(operator)]
}

function usualDescriptor(operator: RedirectionNode['operator']): number {
  return operator.startsWith('<') ? 0 : 1
}

async function redirectOne(shell: Shell, redirection: RedirectionNode, descriptors: Descriptors): Promise<void> {
  const { operator, target } = redirection
  if (target.type === 'HereDoc') {
    const content = target.stripTabs ? withoutTabs(target.content) : target.content
    const text = target.quoted ? await shell.machinery.text(shell, content) : await hereDocumentText(shell, content)
    place(shell, redirection, descriptors, hereFile(shell, text))
    return
  }
  if (operator === '<<<') {
    if (shell.dialect.name === 'dash') return shell.abandon('Syntax error: redirection unexpected', 'exit', 2)
    place(shell, redirection, descriptors, hereFile(shell, `${await shell.machinery.text(shell, target)}\n`))
    return
  }
  const word = await targetOf(shell, target)
  if (operator === '>&' || operator === '<&') {
    await duplicate(shell, redirection, word, sourceOf(target), descriptors)
    return
  }
  if (operator === '&>' || operator === '&>>') {
    both(await open(shell, word, operator === '&>' ? 'truncate' : 'append'), descriptors)
    return
  }
  place(shell, redirection, descriptors, await open(shell, word, modeOf(operator), operator === '>' && shell.options.has('noclobber')))
}

/** The file of a here-document: memory until it is closed. */
function hereFile(shell: Shell, text: HostText): MemoryFile {
  const bytes = toBytes(text)
  if (bytes.length > 0) shell.process.hold(bytes.length)
  return new MemoryFile(bytes, undefined, () => shell.process.release(bytes.length))
}

function modeOf(operator: RedirectionNode['operator']): OpenMode {
  if (operator === '<') return 'read'
  if (operator === '<>') return 'update'
  return operator === '>>' ? 'append' : 'truncate'
}

async function targetOf(shell: Shell, word: WordNode): Promise<HostText> {
  const fields = await shell.machinery.words(shell, [word])
  if (fields.length === 1) return fields[0] as HostText
  await shell.complain(`${sourceOf(word)}: ambiguous redirect`)
  throw new RedirectionFailed()
}

/** A word as it was written, as far as an error names it. */
function sourceOf(word: WordNode): string {
  return word.parts
    .map((part) => {
      if (part.type === 'ParameterExpansion') return part.operation ? `\${${part.parameter}}` : `$${part.parameter}`
      if (part.type === 'Literal') return part.value
      if (part.type === 'Glob') return part.pattern
      return part.type === 'DoubleQuoted' ? '""' : ''
    })
    .join('')
}

/** `<<-` takes the tabs from the beginning of each line, not from what expansions give. */
function withoutTabs(content: WordNode): WordNode {
  let lineStart = true
  const parts = content.parts.map((part) => {
    if (part.type !== 'Literal' && part.type !== 'SingleQuoted') {
      lineStart = false
      return part
    }
    const value = (lineStart ? part.value.replace(/^\t+/, '') : part.value).replace(/\n\t+/g, '\n')
    lineStart = value.endsWith('\n')
    return { ...part, value }
  })
  return { ...content, parts }
}

async function hereDocumentText(shell: Shell, content: WordNode): Promise<HostText> {
  return shell.machinery.text(shell, { ...content, parts: [{ type: 'DoubleQuoted', parts: content.parts }] })
}

async function duplicate(
  shell: Shell,
  redirection: RedirectionNode,
  word: HostText,
  written: string,
  descriptors: Descriptors,
): Promise<void> {
  if (word === '-') {
    const named = redirection.fdVariable === undefined ? undefined : await descriptorIn(shell, redirection.fdVariable)
    descriptors.close(named ?? redirection.fd ?? usualDescriptor(redirection.operator))
    return
  }
  const moved = /^(\d+)(-?)$/.exec(word)
  if (!moved) {
    if (redirection.operator === '>&' && redirection.fd === null) both(await open(shell, word, 'truncate'), descriptors)
    else await refuse(shell, `${word}: ambiguous redirect`)
    return
  }
  const from = Number(moved[1])
  const file = descriptors.get(from)
  if (!file) await refuse(shell, `${shell.dialect.name === 'bash' ? written : moved[1]}: Bad file descriptor`)
  place(shell, redirection, descriptors, (file as OpenFile).retain())
  if (moved[2] && from !== redirection.fd) descriptors.close(from)
}

/** The number that a variable of `{NAME}>&-` holds. */
async function descriptorIn(shell: Shell, name: string): Promise<number> {
  const target = parseTarget(name)
  const value = target?.subscript === undefined ? shell.parameters.get(name) : shell.parameters.getElement(target.name, target.subscript)
  if (!/^\d+$/.test(value ?? '')) await refuse(shell, `${name}: ambiguous redirect`)
  return Number(value)
}

function both(file: OpenFile, descriptors: Descriptors): void {
  descriptors.set(1, file)
  descriptors.set(2, file.retain())
}

function place(shell: Shell, redirection: RedirectionNode, descriptors: Descriptors, file: OpenFile): void {
  if (redirection.fdVariable !== undefined) {
    const fd = descriptors.free(10)
    descriptors.set(fd, file)
    shell.parameters.set(redirection.fdVariable, String(fd))
    return
  }
  descriptors.set(redirection.fd ?? usualDescriptor(redirection.operator), file)
}

async function open(shell: Shell, path: HostText, mode: OpenMode, mustBeNew = false): Promise<OpenFile> {
  const network = shell.dialect.name === 'bash' ? await connect(shell, path) : undefined
  if (network) return network
  try {
    if (shell.process.descriptors.free(0) >= MOST_DESCRIPTORS) throw errno('EBADF')
    if (mustBeNew && isRegular(shell, path)) throw new HostError('EEXIST', 'cannot overwrite existing file')
    return shell.process.openFile(path, mode)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return refuse(shell, openMessage(shell, path, mode, error))
  }
}

function openMessage(shell: Shell, path: HostText, mode: OpenMode, error: HostError): string {
  if (shell.dialect.name === 'bash') return `${path}: ${error.message}`
  const verb = mode === 'read' ? 'open' : 'create'
  if (shell.dialect.name === 'mksh') return `can't ${verb} ${path}: ${error.message}`
  if (shell.dialect.name === 'ash')
    return `can't ${verb} ${path}: ${error.code === 'ENOENT' && mode === 'read' ? 'no such file' : error.code === 'ENOENT' ? 'nonexistent directory' : error.message}`
  return `cannot ${verb} ${path}: ${error.code === 'ENOENT' ? (mode === 'read' ? 'No such file' : 'Directory nonexistent') : error.message}`
}

function isRegular(shell: Shell, path: HostText): boolean {
  try {
    return shell.process.view.stat(path).type === 'file'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

async function refuse(shell: Shell, message: string): Promise<never> {
  await shell.complain(message)
  throw new RedirectionFailed()
}
