import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toBytes, toText } from '../../text.ts'

/** One file that an alternative may lead to. */
export interface Choice {
  path: HostText
  priority: number
  /** What its slaves lead to then, in their order; empty = nothing. */
  slaves: HostText[]
}

/** A record of /var/lib/dpkg/alternatives. */
export interface AlternativeFile {
  name: HostText
  status: 'auto' | 'manual'
  link: HostText
  slaves: { name: HostText; link: HostText }[]
  choices: Choice[]
}

export const ADMIN_FOLDER = '/var/lib/dpkg/alternatives'

/** Undefined when there is no such name or its record is damaged. */
export function readAlternative(process: Process, name: HostText): AlternativeFile | undefined {
  let lines: string[]
  try {
    lines = toText(process.files.read(`${ADMIN_FOLDER}/${name}`)).split('\n')
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
  const [status, link] = lines.splice(0, 2)
  const slaves: AlternativeFile['slaves'] = []
  while (lines.length > 1 && lines[0] !== '') {
    const [slave, slaveLink] = lines.splice(0, 2)
    slaves.push({ name: slave as string, link: slaveLink as string })
  }
  lines.shift()
  const choices: Choice[] = []
  while (lines.length > 1 && lines[0] !== '') {
    const [path, priority, ...targets] = lines.splice(0, 2 + slaves.length)
    choices.push({ path: path as string, priority: Number(priority), slaves: targets })
  }
  if (link === undefined) return undefined
  return { name, status: status === 'manual' ? 'manual' : 'auto', link, slaves, choices }
}

export function writeAlternative(process: Process, file: AlternativeFile): void {
  const slaves = file.slaves.flatMap(({ name, link }) => [name, link])
  const choices = [...file.choices]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(({ path, priority, slaves: targets }) => [path, String(priority), ...file.slaves.map((_, i) => targets[i] ?? '')])
  process.files.write(`${ADMIN_FOLDER}/${file.name}`, toBytes(`${[file.status, file.link, ...slaves, '', ...choices, ''].join('\n')}\n`))
}

/** The choice of the highest priority. */
export function bestOf({ choices }: AlternativeFile): Choice | undefined {
  return choices.reduce<Choice | undefined>((best, one) => (best && best.priority >= one.priority ? best : one), undefined)
}

/** What the name leads to now. */
export function currentOf(process: Process, name: HostText): HostText | undefined {
  try {
    return process.files.readlink(`/etc/alternatives/${name}`)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}
