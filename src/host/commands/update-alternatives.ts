import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import {
  ADMIN_FOLDER,
  type AlternativeFile,
  bestOf,
  type Choice,
  currentOf,
  readAlternative,
  writeAlternative,
} from './gnu/alternative-file.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

const HINT = "\n\nUse 'update-alternatives --help' for program usage information."
const ACTIONS: Record<string, readonly string[]> = {
  '--display': ['<name>'],
  '--query': ['<name>'],
  '--list': ['<name>'],
  '--config': ['<name>'],
  '--auto': ['<name>'],
  '--remove-all': ['<name>'],
  '--set': ['<name>', '<path>'],
  '--remove': ['<name>', '<path>'],
  '--install': ['<link>', '<name>', '<path>', '<priority>'],
  '--get-selections': [],
  '--all': [],
}
/** Options that only change how it is done, with the number of their values. */
const SETTINGS: Record<string, number> = {
  '--altdir': 1,
  '--admindir': 1,
  '--instdir': 1,
  '--root': 1,
  '--log': 1,
  '--force': 0,
  '--skip-auto': 0,
  '--quiet': 0,
  '--verbose': 0,
  '--debug': 0,
}

/** The alternatives of a system are its links in /etc/alternatives and the records beside dpkg's. */
export default gnuCommand({
  name: 'update-alternatives',
  package: 'dpkg',
  usage: '[<option> ...] <command>',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.includes('--version')) {
      await process.stdout.write(
        `Debian update-alternatives version ${dpkgVersion(process)}.\n\nThis is free software; see the GNU General Public License version 2 or\nlater for copying conditions. There is NO warranty.\n`,
      )
      return 0
    }
    let action: string | undefined
    let values: HostText[] = []
    const slaves: HostText[][] = []
    while (words.length > 0) {
      const word = words.shift() as string
      const needs = ACTIONS[word]
      if (needs) {
        action = word
        values = words.splice(0, needs.length)
        if (values.length < needs.length) throw new Failure(`${word} needs ${needs.join(' ')}${HINT}`, 2, true)
      } else if (word === '--slave') slaves.push(words.splice(0, 3))
      else if (word in SETTINGS) words.splice(0, SETTINGS[word])
      else throw new Failure(`${word.startsWith('-') ? 'unknown option' : 'unknown argument'} '${word}'${HINT}`, 2, true)
    }
    if (action === undefined)
      throw new Failure(
        `need --display, --query, --list, --get-selections, --config, --set, --set-selections, --install, --remove, --all, --remove-all or --auto${HINT}`,
        2,
        true,
      )
    try {
      return await perform(process, action, values, slaves)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      const [name] = action === '--install' ? [values[1]] : values
      throw new Failure(`error: error creating symbolic link '/etc/alternatives/${name}.dpkg-tmp': ${error.message}`, 2, true)
    }
  },
})

function dpkgVersion(process: Process): string {
  return process.world.persona.packages.find((line) => line.startsWith('dpkg '))?.split(' ')[1] ?? '1.21.22'
}

async function perform(process: Process, action: string, values: readonly HostText[], slaves: readonly HostText[][]): Promise<number> {
  if (action === '--get-selections') return selections(process)
  if (action === '--all') {
    for (const name of process.files.list(ADMIN_FOLDER).sort()) await choose(process, named(process, name))
    return 0
  }
  if (action === '--install') return install(process, values as [string, string, string, string], slaves)
  const file = named(process, values[0] as string)
  const path = values[1] ?? ''
  if (action === '--list') await process.stdout.write(file.choices.map((one) => `${one.path}\n`).join(''))
  else if (action === '--display') await display(process, file)
  else if (action === '--query') await query(process, file)
  else if (action === '--config') return choose(process, file)
  else if (action === '--set') {
    const choice = file.choices.find((one) => one.path === path)
    if (!choice) throw new Failure(`error: alternative ${path} for ${file.name} not registered; not setting`, 2, true)
    await point(process, { ...file, status: 'manual' }, choice)
  } else if (action === '--auto') await point(process, { ...file, status: 'auto' }, bestOf(file))
  else if (action === '--remove-all') removeAll(process, file)
  else await remove(process, file, path)
  return 0
}

function named(process: Process, name: HostText): AlternativeFile {
  const file = readAlternative(process, name)
  if (!file) throw new Failure(`error: no alternatives for ${name}`, 2, true)
  return file
}

async function selections(process: Process): Promise<number> {
  for (const name of process.files.list(ADMIN_FOLDER).sort()) {
    const file = readAlternative(process, name)
    if (file) await process.stdout.write(`${name.padEnd(30)} ${file.status.padEnd(8)} ${currentOf(process, name) ?? ''}\n`)
  }
  return 0
}

async function display(process: Process, file: AlternativeFile): Promise<void> {
  const lines = [
    `${file.name} - ${file.status} mode`,
    `  link best version is ${bestOf(file)?.path}`,
    `  link currently points to ${currentOf(process, file.name)}`,
    `  link ${file.name} is ${file.link}`,
    ...file.slaves.map(({ name, link }) => `  slave ${name} is ${link}`),
  ]
  for (const choice of file.choices) {
    lines.push(`${choice.path} - priority ${choice.priority}`)
    for (const [i, { name }] of file.slaves.entries()) if (choice.slaves[i]) lines.push(`  slave ${name}: ${choice.slaves[i]}`)
  }
  await process.stdout.write(`${lines.join('\n')}\n`)
}

async function query(process: Process, file: AlternativeFile): Promise<void> {
  const slaveLines = (targets: readonly (HostText | undefined)[]): string[] => {
    const rows = file.slaves.flatMap(({ name }, i) => (targets[i] ? [` ${name} ${targets[i]}`] : []))
    return rows.length > 0 ? ['Slaves:', ...rows] : []
  }
  const lines = [
    `Name: ${file.name}`,
    `Link: ${file.link}`,
    ...slaveLines(file.slaves.map(({ link }) => link)),
    `Status: ${file.status}`,
    `Best: ${bestOf(file)?.path}`,
    `Value: ${currentOf(process, file.name) ?? 'none'}`,
  ]
  for (const choice of file.choices)
    lines.push('', `Alternative: ${choice.path}`, `Priority: ${choice.priority}`, ...slaveLines(choice.slaves))
  await process.stdout.write(`${lines.join('\n')}\n`)
}

/** Shows the choices and asks for one. */
async function choose(process: Process, file: AlternativeFile): Promise<number> {
  const { choices } = file
  const best = bestOf(file)
  const current = currentOf(process, file.name)
  const width = Math.max(15, ...choices.map((one) => one.path.length + 1))
  const priority = ({ priority }: Choice): string => (priority < 0 ? String(priority) : ` ${priority}`).padEnd(10)
  const row = (mark: boolean, number: number, choice: Choice, mode: string): string =>
    `${mark ? '*' : ' '} ${String(number).padEnd(12)} ${choice.path.padEnd(width)} ${priority(choice)} ${mode} mode\n`
  const isAuto = file.status === 'auto'
  await process.stdout.write(
    `There ${choices.length === 1 ? 'is 1 choice' : `are ${choices.length} choices`} for the alternative ${file.name} (providing ${file.link}).\n\n` +
      `  ${'Selection'.padEnd(12)} ${'Path'.padEnd(width)} ${'Priority'.padEnd(10)} Status\n${'-'.repeat(60)}\n` +
      (best ? row(isAuto, 0, best, 'auto') : '') +
      choices.map((one, i) => row(!isAuto && one.path === current, i + 1, one, 'manual')).join(''),
  )
  await process.stdout.write('\nPress <enter> to keep the current choice[*], or type selection number: ')
  const answer = ((await process.stdin.line()) ?? '').trim()
  if (answer === '') return 0
  const choice = /^\d{1,5}$/.test(answer) && Number(answer) > 0 ? choices[Number(answer) - 1] : choices.find((one) => one.path === answer)
  if (answer === '0') await point(process, { ...file, status: 'auto' }, best)
  else if (choice) await point(process, { ...file, status: 'manual' }, choice)
  else return choose(process, file)
  return 0
}

/** Lets the links lead to a choice, and writes that down. */
async function point(process: Process, file: AlternativeFile, choice: Choice | undefined): Promise<void> {
  if (!choice) return
  const isChanged = currentOf(process, file.name) !== choice.path
  if (isChanged)
    await process.stdout.write(`update-alternatives: using ${choice.path} to provide ${file.link} (${file.name}) in ${file.status} mode\n`)
  relink(process, `/etc/alternatives/${file.name}`, choice.path)
  relink(process, file.link, `/etc/alternatives/${file.name}`)
  for (const [i, { name, link }] of file.slaves.entries()) {
    const target = choice.slaves[i]
    // What is not there gets no link.
    if (!target || !statIfThere(process, target)) continue
    relink(process, `/etc/alternatives/${name}`, target)
    relink(process, link, `/etc/alternatives/${name}`)
  }
  writeAlternative(process, file)
}

function relink(process: Process, path: HostText, target: HostText): void {
  const there = statIfThere(process, path, false)
  if (there?.type === 'symlink' && process.files.readlink(path) === target) return
  if (there) process.files.remove(path)
  process.files.symlink(target, path)
}

async function install(
  process: Process,
  values: readonly [string, string, string, string],
  slaves: readonly HostText[][],
): Promise<number> {
  const [link, name, path, priority] = values
  if (!statIfThere(process, path)) throw new Failure(`error: alternative path ${path} doesn't exist`, 2, true)
  if (!/^-?\d+$/.test(priority)) throw new Failure('priority must be an integer', 2, true)
  const before = readAlternative(process, name) ?? { name, status: 'auto' as const, link, slaves: [], choices: [] }
  const known = [...before.slaves]
  for (const [slaveLink, slave] of slaves)
    if (slave && !known.some((one) => one.name === slave)) known.push({ name: slave, link: slaveLink as string })
  const targets = known.map((one) => slaves.find(([, slave]) => slave === one.name)?.[2] ?? '')
  const choices = [...before.choices.filter((one) => one.path !== path), { path, priority: Number(priority), slaves: targets }]
  const file = { ...before, link, slaves: known, choices }
  if (file.status === 'auto') await point(process, file, bestOf(file))
  else writeAlternative(process, file)
  return 0
}

async function remove(process: Process, file: AlternativeFile, path: HostText): Promise<void> {
  const choices = file.choices.filter((one) => one.path !== path)
  if (choices.length === file.choices.length) return
  if (choices.length === 0) return removeAll(process, file)
  const isCurrent = currentOf(process, file.name) === path
  if (isCurrent && file.status === 'manual')
    await process.stdout.write(`update-alternatives: removing manually selected alternative - switching ${file.name} to auto mode\n`)
  const next: AlternativeFile = { ...file, status: isCurrent ? 'auto' : file.status, choices }
  if (isCurrent) await point(process, next, bestOf(next))
  else writeAlternative(process, next)
}

function removeAll(process: Process, file: AlternativeFile): void {
  for (const { name, link } of [{ name: file.name, link: file.link }, ...file.slaves])
    for (const path of [link, `/etc/alternatives/${name}`])
      if (statIfThere(process, path, false)?.type === 'symlink') process.files.remove(path)
  process.files.remove(`${ADMIN_FOLDER}/${file.name}`)
}
