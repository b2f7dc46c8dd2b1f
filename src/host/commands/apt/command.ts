import type { CommandFile, HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { automaticPackages } from '../../world/package-marks.ts'
import {
  asInstalled,
  type Candidate,
  candidate,
  candidateNames,
  changePackages,
  debianArchitecture,
  installedPackages,
  withDependencies,
} from '../../world/packages.ts'
import { gnuCommand } from '../gnu/command.ts'
import { type Options, parseOptions } from '../gnu/options.ts'
import { aptSize, archiveReachable, poolPath, sources, updateLists } from './archive.ts'
import { removeFilesOf } from './package-files.ts'

const SHORT = 'yqsdfmuVhvbPat:o:c:'
const LONG: Record<string, string> = {
  yes: 'y',
  'assume-yes': 'y',
  quiet: 'q',
  simulate: 's',
  'dry-run': 's',
  'download-only': 'd',
  'fix-broken': 'f',
  'fix-missing': 'm',
  'no-install-recommends': 'norec',
  'install-suggests': 'sug',
  reinstall: 'reinstall',
  purge: 'purge',
  'allow-unauthenticated': 'x',
  force: 'x',
  'force-yes': 'x',
  'auto-remove': 'x',
  autoremove: 'x',
  upgradable: 'upgradable',
  installed: 'installed',
  'manual-installed': 'manual',
  'no-upgrade': 'x',
  'only-upgrade': 'x',
  'allow-downgrades': 'x',
  'allow-releaseinfo-change': 'x',
  option: 'o',
  'target-release': 't',
  'all-versions': 'a',
  'names-only': 'n',
  'print-uris': 'x',
  'show-progress': 'x',
}

/** `apt`, `apt-get` and `apt-cache` over the model of packages. */
export function aptCommand(name: 'apt' | 'apt-get' | 'apt-cache'): CommandFile {
  return gnuCommand({
    name,
    package: 'apt',
    usage: '[options] command',
    rawArguments: true,
    applet: false,
    short: '',
    async run(process) {
      const options = parseOptions(process.argv.slice(1), { short: SHORT, long: LONG })
      const [verb, ...names] = options.operands
      const version = process.world.persona.packages.find((entry) => entry.startsWith('apt '))?.split(' ')[1] ?? '2.6.1'
      if (options.has('v', 'version')) {
        await process.stdout.write(`apt ${version} (${debianArchitecture(process.world.persona.os.kernel.machine)})\n`)
        return 0
      }
      if (verb === undefined || options.has('h', 'help')) {
        await process.stdout.write(
          `apt ${version} (${debianArchitecture(process.world.persona.os.kernel.machine)})\nUsage: ${name} [options] command\n\n${name} is a commandline package manager and provides commands for\nsearching and managing as well as querying information about packages.\n`,
        )
        return verb === undefined ? 1 : 0
      }
      return new Apt(process, options, name).run(verb, names)
    },
  })
}

class Apt {
  readonly #process: Process
  readonly #options: Options
  readonly #friendly: boolean
  readonly #architecture: string

  constructor(process: Process, options: Options, name: string) {
    this.#process = process
    this.#options = options
    this.#friendly = name === 'apt'
    this.#architecture = debianArchitecture(process.world.persona.os.kernel.machine)
  }

  async run(verb: string, names: readonly HostText[]): Promise<number> {
    if (this.#friendly && !this.#process.stdout.isTerminal)
      await this.#process.stderr.write('\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n')
    switch (verb) {
      case 'update':
        return this.#changes(() => this.#update())
      case 'install':
        return this.#changes(() => this.#install(names))
      case 'remove':
      case 'purge':
        return this.#changes(() => this.#remove(names, verb === 'purge' || this.#options.has('purge')))
      case 'upgrade':
      case 'dist-upgrade':
      case 'full-upgrade':
      case 'autoremove':
      case 'auto-remove':
        return this.#changes(() => this.#upgrade(verb))
      case 'clean':
      case 'autoclean':
        return this.#changes(async () => 0)
      case 'check':
        return this.#changes(async () => {
          await this.#building()
          return 0
        })
      case 'list':
        return this.#list(names)
      case 'search':
        return this.#search(names)
      case 'show':
        return this.#show(names)
      case 'policy':
      case 'madison':
        return this.#policy(names)
      case 'depends':
      case 'rdepends':
        if (!names.some((name) => candidate(this.#process.world, name))) {
          await this.#process.stderr.write('E: No packages found\n')
          return 100
        }
        for (const name of names)
          await this.#process.stdout.write(
            `${name}\n${(candidate(this.#process.world, name)?.depends ?? []).map((entry) => `  Depends: ${entry}\n`).join('')}`,
          )
        return 0
      case 'moo':
        await this.#process.stdout.write(
          '                 (__) \n                 (oo) \n           /------\\/ \n          / |    ||   \n         *  /\\---/\\ \n            ~~   ~~   \n..."Have you mooed today?"...\n',
        )
        return 0
      default:
        await this.#process.stderr.write(`E: Invalid operation ${verb}\n`)
        return 100
    }
  }

  async #changes(work: () => Promise<number>): Promise<number> {
    if (this.#process.uid === 0) return work()
    await this.#process.stderr.write(
      'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n',
    )
    return 100
  }

  /** Lines of progress; only a terminal is told that they are done. */
  #done(...tasks: string[]): string {
    return tasks.map((task) => `${task}...${this.#process.stdout.isTerminal ? ' Done' : ''}\n`).join('')
  }

  async #reading(): Promise<void> {
    const { stdout } = this.#process
    if (stdout.isTerminal) {
      for (const share of [0, 45, 100]) {
        await stdout.write(`\rReading package lists... ${share}%`)
        await this.#process.sleep(120)
      }
      await stdout.write('\r')
    } else await this.#process.sleep(350)
    await stdout.write(this.#done('Reading package lists'))
  }

  async #building(): Promise<void> {
    await this.#reading()
    await this.#process.stdout.write(this.#done('Building dependency tree', 'Reading state information'))
  }

  async #update(): Promise<number> {
    const { failed } = await updateLists(this.#process)
    await this.#reading()
    if (failed.length === 0) {
      if (this.#friendly)
        await this.#process.stdout.write(
          `${this.#done('Building dependency tree', 'Reading state information')}All packages are up to date.\n`,
        )
      return 0
    }
    for (const source of failed)
      await this.#process.stderr.write(
        `W: Failed to fetch ${source.url}/dists/${source.suite}/InRelease  Temporary failure resolving '${source.host}'\n`,
      )
    await this.#process.stderr.write('W: Some index files failed to download. They have been ignored, or old ones used instead.\n')
    return 0
  }

  async #install(names: readonly HostText[]): Promise<number> {
    await this.#building()
    const { world, stdout, stderr } = this.#process
    const plain = names.map((name) => (name.split(/[=/]/)[0] as string).replace(/\+$/, ''))
    const installed = installedPackages(world)
    for (const name of plain) {
      if (candidate(world, name)) continue
      await stderr.write(`E: Unable to locate package ${name}\n`)
      return 100
    }
    for (const name of plain) {
      const now = installed.get(name)
      if (now && !this.#options.has('reinstall')) await stdout.write(`${name} is already the newest version (${now.version}).\n`)
    }
    const wanted = withDependencies(world, plain)
    const extra = wanted.filter((entry) => !plain.includes(entry.name))
    if (extra.length)
      await stdout.write(`The following additional packages will be installed:\n${columns(extra.map((entry) => entry.name))}`)
    if (wanted.length)
      await stdout.write(`The following NEW packages will be installed:\n${columns(wanted.map((entry) => entry.name).sort())}`)
    await stdout.write(`0 upgraded, ${wanted.length} newly installed, 0 to remove and 0 not upgraded.\n`)
    if (wanted.length === 0) return 0
    const [archive, size] = [sum(wanted, 'archiveSize'), sum(wanted, 'installedSize')]
    await stdout.write(
      `Need to get ${aptSize(archive)} of archives.\nAfter this operation, ${aptSize(size)} of additional disk space will be used.\n`,
    )
    if (this.#options.has('s')) return 0
    if (extra.length && !this.#options.has('y') && !(await this.#goesOn())) return 1
    if (!(await this.#download(wanted))) return 100
    await this.#unpack(wanted)
    return 0
  }

  async #goesOn(): Promise<boolean> {
    await this.#process.stdout.write('Do you want to continue? [Y/n] ')
    const answer = await this.#process.stdin.line()
    if (answer !== undefined && /^(y|Y|\s*$)/.test(answer)) return true
    await this.#process.stdout.write('Abort.\n')
    return false
  }

  async #download(wanted: readonly Candidate[]): Promise<boolean> {
    const source = sources(this.#process).find((entry) => entry.components.includes('main')) ?? {
      url: 'http://deb.debian.org/debian',
      host: 'deb.debian.org',
      suite: 'bookworm',
      components: ['main'],
    }
    if (!(await archiveReachable(this.#process, source.host))) {
      for (const [i, entry] of wanted.entries())
        await this.#process.stdout.write(
          `Err:${i + 1} ${source.url} ${source.suite}/main ${this.#architecture} ${entry.name} ${this.#architecture} ${entry.version}\n  Temporary failure resolving '${source.host}'\n`,
        )
      for (const entry of wanted)
        await this.#process.stderr.write(
          `E: Failed to fetch ${source.url}/${poolPath(entry, this.#architecture)}  Temporary failure resolving '${source.host}'\n`,
        )
      await this.#process.stderr.write('E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n')
      return false
    }
    const started = this.#process.world.now()
    for (const [i, entry] of wanted.entries()) {
      await this.#process.stdout.write(
        `Get:${i + 1} ${source.url} ${source.suite}/main ${this.#architecture} ${entry.name} ${this.#architecture} ${entry.version} [${aptSize(entry.archiveSize)}]\n`,
      )
      await this.#process.sleep(40 + entry.archiveSize / 8)
    }
    const seconds = Math.max(1, Math.round((this.#process.world.now() - started) / 1000))
    await this.#process.stdout.write(
      `Fetched ${aptSize(sum(wanted, 'archiveSize'))} in ${seconds}s (${aptSize(sum(wanted, 'archiveSize') / seconds)}/s)\n`,
    )
    return true
  }

  async #unpack(wanted: readonly Candidate[]): Promise<void> {
    const { stdout, world } = this.#process
    const count = world.usage.inodes + 38_000
    for (const [i, entry] of wanted.entries()) {
      await stdout.write(
        `Selecting previously unselected package ${entry.name}.\n${i === 0 ? `(Reading database ... ${count} files and directories currently installed.)\n` : ''}Preparing to unpack .../${entry.name}_${entry.version.replace(':', '%3a')}_${this.#architecture}.deb ...\nUnpacking ${entry.name} (${entry.version}) ...\n`,
      )
      await this.#process.sleep(90 + entry.installedSize / 60)
    }
    for (const entry of wanted) {
      await stdout.write(`Setting up ${entry.name} (${entry.version}) ...\n`)
      await this.#process.sleep(120)
      this.#placeFiles(entry)
    }
    changePackages(
      world,
      wanted.map((entry) => asInstalled(world, entry)),
      [],
    )
    await stdout.write('Processing triggers for man-db (2.11.2-2) ...\nProcessing triggers for libc-bin (2.36-9+deb12u10) ...\n')
    await this.#process.sleep(600)
  }

  /** The programs of a package appear where they belong, as executables of the host's own kind. */
  #placeFiles(entry: Candidate): void {
    const { files } = this.#process.world
    const sample = files.read('/usr/bin/env')
    for (const path of entry.files) {
      try {
        files.write(path, sample, 0o755)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
      }
    }
  }

  async #remove(names: readonly HostText[], purge: boolean): Promise<number> {
    await this.#building()
    const { world, stdout, stderr } = this.#process
    const installed = installedPackages(world)
    const gone = names.filter((name) => installed.has(name))
    for (const name of names) {
      if (installed.has(name)) continue
      if (!candidate(world, name)) {
        await stderr.write(`E: Unable to locate package ${name}\n`)
        return 100
      }
      await stdout.write(`Package '${name}' is not installed, so not removed\n`)
    }
    if (gone.length)
      await stdout.write(`The following packages will be REMOVED:\n${columns(gone.map((name) => (purge ? `${name}*` : name)).sort())}`)
    await stdout.write(`0 upgraded, 0 newly installed, ${gone.length} to remove and 0 not upgraded.\n`)
    if (gone.length === 0) return 0
    const freed = gone.reduce((total, name) => total + (installed.get(name)?.installedSize ?? 0), 0)
    await stdout.write(`After this operation, ${aptSize(freed)} disk space will be freed.\n`)
    if (!this.#options.has('y') && !(await this.#goesOn())) return 1
    await stdout.write(`(Reading database ... ${world.usage.inodes + 38_000} files and directories currently installed.)\n`)
    for (const name of gone) {
      await stdout.write(`Removing ${name} (${installed.get(name)?.version}) ...\n`)
      await this.#process.sleep(250)
      for (const path of candidate(world, name)?.files ?? []) if (world.files.may('r', path)) world.files.remove(path)
      removeFilesOf(world, name)
    }
    changePackages(world, [], gone)
    return 0
  }

  async #upgrade(verb: string): Promise<number> {
    await this.#building()
    if (verb !== 'autoremove' && verb !== 'auto-remove') await this.#process.stdout.write(this.#done('Calculating upgrade'))
    await this.#process.stdout.write('0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n')
    return 0
  }

  #suite(): string {
    return this.#process.world.persona.os.family === 'ubuntu' ? `${this.#process.world.persona.os.codename},now` : 'stable,now'
  }

  async #list(patterns: readonly HostText[]): Promise<number> {
    const installed = installedPackages(this.#process.world)
    await this.#process.stdout.write(this.#done('Listing'))
    if (this.#options.has('upgradable')) return 0
    const names = new Set([...installed.keys(), ...(this.#options.has('installed') ? [] : candidateNames())])
    const matches = (name: string): boolean =>
      patterns.length === 0 ||
      patterns.some((pattern) =>
        pattern.includes('*')
          ? name.startsWith(pattern.split('*')[0] as string) && name.endsWith(pattern.split('*').at(-1) as string)
          : name === pattern,
      )
    const automatic = automaticPackages(this.#process.world)
    for (const name of [...names].sort().filter(matches)) {
      const now = installed.get(name)
      if (this.#options.has('manual') && (!now || automatic.has(name))) continue
      const entry = candidate(this.#process.world, name)
      await this.#process.stdout.write(
        `${name}/${now ? this.#suite() : this.#suite().replace(',now', '')} ${entry?.version} ${now?.architecture ?? this.#architecture}${now ? ` [installed${automatic.has(name) ? ',automatic' : ''}]` : ''}\n`,
      )
    }
    return 0
  }

  async #search(words: readonly HostText[]): Promise<number> {
    const installed = installedPackages(this.#process.world)
    if (this.#friendly) await this.#process.stdout.write(this.#done('Sorting', 'Full Text Search'))
    for (const name of [...new Set([...installed.keys(), ...candidateNames()])].sort()) {
      const entry = candidate(this.#process.world, name)
      if (
        !entry ||
        !words.every((word) => name.includes(word.toLowerCase()) || entry.description.toLowerCase().includes(word.toLowerCase()))
      )
        continue
      await this.#process.stdout.write(
        this.#friendly
          ? `${name}/${installed.has(name) ? this.#suite() : this.#suite().replace(',now', '')} ${entry.version} ${this.#architecture}${installed.has(name) ? ' [installed]' : ''}\n  ${entry.description}\n\n`
          : `${name} - ${entry.description}\n`,
      )
    }
    return 0
  }

  async #show(names: readonly HostText[]): Promise<number> {
    let status = 0
    for (const name of names) {
      const entry = candidate(this.#process.world, name)
      if (!entry) {
        await this.#process.stderr.write(
          `${this.#process.stdout.isTerminal ? `N: Unable to locate package ${name}\n` : ''}E: No packages found\n`,
        )
        status = 100
        continue
      }
      const now = installedPackages(this.#process.world).get(name)
      await this.#process.stdout.write(
        `Package: ${name}\nVersion: ${entry.version}\nPriority: optional\nSection: ${now?.section ?? 'utils'}\nMaintainer: Debian Maintainers <debian-devel@lists.debian.org>\nInstalled-Size: ${aptSize(entry.installedSize)}\n${entry.depends.length ? `Depends: ${entry.depends.join(', ')}\n` : ''}Download-Size: ${aptSize(entry.archiveSize)}\n${now ? `APT-Manual-Installed: ${automaticPackages(this.#process.world).has(name) ? 'no' : 'yes'}\n` : ''}APT-Sources: ${sources(this.#process)[0]?.url ?? 'http://deb.debian.org/debian'} ${sources(this.#process)[0]?.suite ?? 'bookworm'}/main ${this.#architecture} Packages\nDescription: ${entry.description}\n\n`,
      )
    }
    return status
  }

  async #policy(names: readonly HostText[]): Promise<number> {
    for (const name of names) {
      const entry = candidate(this.#process.world, name)
      if (!entry) {
        if (this.#process.stdout.isTerminal) await this.#process.stderr.write(`N: Unable to locate package ${name}\n`)
        continue
      }
      const now = installedPackages(this.#process.world).get(name)
      const source = sources(this.#process)[0]
      await this.#process.stdout.write(
        `${name}:\n  Installed: ${now?.version ?? '(none)'}\n  Candidate: ${entry.version}\n  Version table:\n ${now ? '***' : '   '} ${entry.version} 500\n        500 ${source?.url ?? 'http://deb.debian.org/debian'} ${source?.suite ?? 'bookworm'}/main ${this.#architecture} Packages\n${now ? '        100 /var/lib/dpkg/status\n' : ''}`,
      )
    }
    return 0
  }
}

function sum(entries: readonly Candidate[], key: 'archiveSize' | 'installedSize'): number {
  return entries.reduce((total, entry) => total + entry[key], 0)
}

/** Names in lines of at most 78 columns, two blanks in. */
function columns(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last === undefined || last.length + name.length + 1 > 78) lines.push(`  ${name}`)
    else lines[lines.length - 1] = `${last} ${name}`
  }
  return lines.map((line) => `${line}\n`).join('')
}
