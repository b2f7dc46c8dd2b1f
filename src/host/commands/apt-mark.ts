import type { Process } from '../command.ts'
import { automaticPackages, setAutomatic } from '../world/package-marks.ts'
import { candidate, changePackages, debianArchitecture, installedPackages } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'apt-mark',
  package: 'apt',
  usage: '[options] {auto|manual} pkg1 [pkg2 ...]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [verb, ...words] = process.argv.slice(1).filter((word) => !/^-(qq?|s|y|f=.*)$|^--(quiet|simulate)/.test(word))
    const names = words.filter((word) => !word.startsWith('-'))
    const { world, stdout, stderr } = process
    const installed = installedPackages(world)
    const automatic = automaticPackages(world)
    const list = async (chosen: readonly string[]): Promise<number> => {
      for (const name of chosen) if (names.length === 0 || names.includes(name)) await stdout.write(`${name}\n`)
      return 0
    }
    switch (verb) {
      case 'showmanual':
        return list([...installed.keys()].filter((name) => !automatic.has(name)))
      case 'showauto':
        return list([...installed.keys()].filter((name) => automatic.has(name)))
      case 'showhold':
      case 'showheld':
        return list([...installed.values()].filter((entry) => entry.status.startsWith('hold')).map((entry) => entry.name))
      case 'auto':
      case 'manual':
      case 'hold':
      case 'unhold':
      case 'markauto':
      case 'unmarkauto':
        break
      case undefined:
        await stdout.write(
          `apt ${installed.get('apt')?.version ?? '2.6.2'} (${debianArchitecture(world.persona.os.kernel.machine)})\nUsage: apt-mark [options] {auto|manual} pkg1 [pkg2 ...]\n`,
        )
        return 0
      default:
        await stderr.write(`E: Invalid operation ${verb}\n`)
        return 100
    }
    for (const name of names)
      if (!candidate(world, name)) {
        await stderr.write(`E: Unable to locate package ${name}\nE: No packages found\n`)
        return 100
      }
    if (names.length === 0) {
      await stderr.write('E: No packages found\n')
      return 100
    }
    return verb.endsWith('hold') ? hold(process, names, verb === 'hold') : mark(process, names, /^(mark)?auto$/.test(verb))
  },
})

async function hold(process: Process, names: readonly string[], isHold: boolean): Promise<number> {
  const installed = installedPackages(process.world)
  if (process.uid !== 0) {
    await process.stderr.write(
      'dpkg: error: required read/write access to the dpkg database directory /var/lib/dpkg\nE: Sub-process dpkg --set-selections returned an error code (2)\nE: Executing dpkg failed. Are you root?\n',
    )
    return 100
  }
  for (const name of names) {
    const entry = installed.get(name)
    if (!entry) continue
    const was = entry.status.startsWith('hold')
    if (was === isHold) await process.stdout.write(`${name} was already ${isHold ? 'set on' : 'not on'} hold.\n`)
    else {
      changePackages(process.world, [{ ...entry, status: entry.status.replace(/^\w+/, isHold ? 'hold' : 'install') }], [])
      await process.stdout.write(isHold ? `${name} set on hold.\n` : `Canceled hold on ${name}.\n`)
    }
  }
  return 0
}

async function mark(process: Process, names: readonly string[], isAutomatic: boolean): Promise<number> {
  const { world } = process
  if (process.uid !== 0) {
    await process.stderr.write(
      'E: Could not create temporary file for /var/lib/apt/extended_states - mkstemp (13: Permission denied)\nE: Failed to write temporary StateFile /var/lib/apt/extended_states\n',
    )
    return 100
  }
  const automatic = automaticPackages(world)
  for (const name of names) {
    const word = isAutomatic ? 'automatically' : 'manually'
    if (automatic.has(name) === isAutomatic) await process.stdout.write(`${name} was already set to ${word} installed.\n`)
    else {
      if (isAutomatic) automatic.add(name)
      else automatic.delete(name)
      await process.stdout.write(`${name} set to ${word} installed.\n`)
    }
  }
  setAutomatic(world, automatic, debianArchitecture(world.persona.os.kernel.machine))
  return 0
}
