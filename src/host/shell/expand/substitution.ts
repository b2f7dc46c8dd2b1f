import type { HostText } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { WriteFile } from '../../process/open-file.ts'
import { Pipe } from '../../process/pipe.ts'
import { toText } from '../../text.ts'
import type { ScriptNode, SimpleCommandNode, WordNode } from '../grammar.ts'
import type { Shell } from '../shell.ts'
import { LONGEST_TEXT, TooLong } from './fields.ts'

/** Output that is smaller is not booked as memory. */
const SMALL = 65_536

/** `$(…)`: runs in a subshell and gives what it wrote, without NULs and last newlines. */
export async function substitute(shell: Shell, body: ScriptNode): Promise<HostText> {
  const file = readsFile(body)
  if (file) return trimmed([await readWhole(shell, file)])
  const parts: Uint8Array[] = []
  let size = 0
  const descriptors = shell.process.descriptors.copy()
  descriptors.set(
    1,
    new WriteFile('pipe:[0]', (bytes) => {
      size += bytes.length
      if (size > LONGEST_TEXT) return
      parts.push(Uint8Array.from(bytes))
      if (size > SMALL) shell.bookWords(bytes.length)
    }),
  )
  const child = await shell.spawn(
    (sub) => {
      sub.substitutionDepth++
      return sub.machinery.list(sub, body.statements)
    },
    { descriptors },
  )
  const status = await shell.process.waitFor(child)
  if (size > LONGEST_TEXT) throw new TooLong()
  shell.status = status.code
  shell.substituted = true
  return trimmed(parts)
}

/** `$(< file)` is read by the shell itself. */
function readsFile(body: ScriptNode): WordNode | undefined {
  const command = onlyCommand(body)
  const redirection = command?.redirections[0]
  if (!command || command.name || command.assignments.length || command.redirections.length !== 1) return undefined
  return redirection?.operator === '<' && redirection.target.type === 'Word' ? redirection.target : undefined
}

function onlyCommand(body: ScriptNode): SimpleCommandNode | undefined {
  const statement = body.statements[0]
  if (body.statements.length !== 1 || statement?.pipelines.length !== 1 || statement.background) return undefined
  const command = statement.pipelines[0]?.commands[0]
  return statement.pipelines[0]?.commands.length === 1 && command?.type === 'SimpleCommand' ? command : undefined
}

async function readWhole(shell: Shell, word: WordNode): Promise<Uint8Array> {
  const path = await shell.machinery.text(shell, word)
  try {
    const bytes = await shell.process.openInput(path).all(LONGEST_TEXT + 1)
    shell.process.release(bytes.length)
    if (bytes.length > LONGEST_TEXT) throw new TooLong()
    shell.status = 0
    return bytes
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await shell.complain(`${path}: ${error.message}`)
    shell.status = 1
    return new Uint8Array()
  }
}

function trimmed(parts: readonly Uint8Array[]): HostText {
  const bytes = Buffer.concat(parts)
  const text = toText(bytes.includes(0) ? bytes.filter((byte) => byte !== 0) : bytes)
  return text.replace(/\n+$/, '')
}

/** `<(…)` and `>(…)`: a pipe to a subshell, by the name of its descriptor. */
export async function processSubstitution(shell: Shell, body: ScriptNode, direction: 'input' | 'output'): Promise<string> {
  const pipe = new Pipe()
  const descriptors = shell.process.descriptors.copy()
  const [theirs, ours] = direction === 'input' ? [pipe.writer, pipe.reader] : [pipe.reader, pipe.writer]
  descriptors.set(direction === 'input' ? 1 : 0, theirs)
  const fd = highestFree(shell)
  shell.process.descriptors.set(fd, ours)
  shell.transientDescriptors.push(fd)
  await shell.spawn((sub) => sub.machinery.list(sub, body.statements), { descriptors })
  return `/dev/fd/${fd}`
}

function highestFree(shell: Shell): number {
  let fd = 63
  while (shell.process.descriptors.get(fd)) fd--
  return fd
}
