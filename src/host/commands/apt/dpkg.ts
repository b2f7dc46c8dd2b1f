import type { CommandFile, Process } from '../../command.ts'
import { changePackages, debianArchitecture, installedPackages, type Package, stanza } from '../../world/packages.ts'
import { complain, gnuCommand } from '../gnu/command.ts'
import { globMatch } from '../gnu/glob.ts'
import { statIfThere } from '../gnu/tree.ts'
import { filesOfPackage, removeFilesOf, withFolders } from './package-files.ts'
import { versionRelation } from './versions.ts'

const HEAD =
  'Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n'

/** First columns of `dpkg -l` by the wish that stands in the database. */
const MARKS: Record<string, string> = { deinstall: 'rc ', hold: 'hi ' }

/** `dpkg` and `dpkg-query`. */
export function dpkgCommand(name: 'dpkg' | 'dpkg-query'): CommandFile {
  return gnuCommand({
    name,
    package: 'dpkg',
    usage: '[<option>...] <command>',
    rawArguments: true,
    applet: false,
    short: '',
    async run(process) {
      const words = process.argv.slice(1)
      const [verb, ...rest] = words
      const names = rest.filter((word) => !word.startsWith('-'))
      switch (verb) {
        case '-l':
        case '--list':
          return list(process, names)
        case '-s':
        case '--status':
          return status(process, names)
        case '-L':
        case '--listfiles':
          return listFiles(process, names)
        case '-S':
        case '--search':
          return search(process, names)
        case '-W':
        case '--show':
          return show(process, words)
        case '--print-architecture':
          await process.stdout.write(`${debianArchitecture(process.world.persona.os.kernel.machine)}\n`)
          return 0
        case '--get-selections':
          return selections(process, names)
        case '--compare-versions':
          return compare(process, rest)
        case '--print-foreign-architectures':
          return 0
        case '-V':
        case '--verify':
          return verify(process, names)
        case '-c':
        case '--contents':
        case '-I':
        case '--info':
        case '-x':
        case '-X':
        case '-e':
          return archive(process, names)
        case '-p':
        case '--print-avail':
          for (const name of names)
            await process.stderr.write(
              `dpkg-query: package '${name}' is not available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n`,
            )
          return 1
        case '--version':
          await process.stdout.write(
            `Debian 'dpkg' package management program version 1.21.22 (amd64).\nThis is free software; see the GNU General Public License version 2 or\nlater for copying conditions. There is NO warranty.\n`,
          )
          return 0
        case '-i':
        case '--install':
        case '--unpack':
          return install(process, names)
        case '-r':
        case '-P':
        case '--remove':
        case '--purge':
          return remove(process, names)
        case '--configure':
        case '-C':
        case '--audit':
        case '--add-architecture':
          return 0
        default: {
          const format = words.find((word) => /^(-f|--showformat)/.test(word))
          if (format !== undefined) return show(process, words)
          await complain(
            process,
            verb === undefined
              ? "error: need an action option\n\nType dpkg --help for help about installing and deinstalling packages [*];\nUse 'apt' or 'aptitude' for user-friendly package management;\nType dpkg -Dhelp for a list of dpkg debug flag values;\nType dpkg --force-help for a list of forcing options;\nType dpkg-deb --help for help about manipulating *.deb files;\n\nOptions marked [*] produce a lot of output - pipe it through 'less' or 'more' !"
              : `error: unknown option ${verb}\n\nType dpkg --help for help about installing and deinstalling packages [*];`,
          )
          return 2
        }
      }
    },
  })
}

/** `NAME` and `install`, with tabs up to column 48 as dpkg fills it. */
async function selections(process: Process, patterns: readonly string[]): Promise<number> {
  const rows = chosen(process, patterns)
  for (const pattern of patterns)
    if (!rows.some((entry) => globMatch(pattern, entry.name))) await process.stderr.write(`dpkg: no packages found matching ${pattern}\n`)
  for (const { name, status } of rows)
    await process.stdout.write(`${name}${'\t'.repeat(Math.max(1, 6 - Math.floor(name.length / 8)))}${status.split(' ')[0]}\n`)
  return 0
}

/** `--compare-versions A OP B`: true is status 0. */
async function compare(process: Process, words: readonly string[]): Promise<number> {
  const [left, operator = '', right] = words
  if (left === undefined || right === undefined || words.length !== 3) {
    await complain(process, 'error: --compare-versions takes three arguments: <version> <relation> <version>')
    return 2
  }
  const holds = versionRelation(left, operator, right)
  if (holds === undefined) {
    await complain(process, 'error: --compare-versions bad relation')
    return 2
  }
  return holds ? 0 : 1
}

async function verify(process: Process, names: readonly string[]): Promise<number> {
  let code = 0
  for (const name of names) {
    if (installedPackages(process.world).has(name)) continue
    await complain(process, `package '${name}' is not installed`)
    code = 1
  }
  return code
}

/** Whatever an archive here is, it is none of Debian's. */
async function archive(process: Process, names: readonly string[]): Promise<number> {
  const [name] = names
  if (name === undefined) {
    await process.stderr.write('dpkg-deb: error: --contents needs a .deb filename argument\n')
    return 2
  }
  await process.stderr.write(
    statIfThere(process, name)
      ? `dpkg-deb: error: '${name}' is not a Debian format archive\n`
      : `dpkg-deb: error: failed to read archive '${name}': No such file or directory\n`,
  )
  return 2
}

function chosen(process: Process, patterns: readonly string[]): Package[] {
  const all = [...installedPackages(process.world).values()]
  return patterns.length ? all.filter((entry) => patterns.some((pattern) => globMatch(pattern, entry.name))) : all
}

async function list(process: Process, patterns: readonly string[]): Promise<number> {
  const rows = chosen(process, patterns)
  for (const pattern of patterns)
    if (!rows.some((entry) => globMatch(pattern, entry.name)))
      await process.stderr.write(`dpkg-query: no packages found matching ${pattern}\n`)
  if (rows.length === 0) return 1
  const terminal = process.stdout.isTerminal ? (process.terminal?.columns ?? 80) : undefined
  const width = (least: number, cells: string[]): number => Math.max(least, ...cells.map((cell) => cell.length))
  const name = width(
    14,
    rows.map((entry) => entry.name),
  )
  const version = width(
    12,
    rows.map((entry) => entry.version),
  )
  const architecture = width(
    12,
    rows.map((entry) => entry.architecture),
  )
  const description =
    terminal === undefined
      ? width(
          33,
          rows.map((entry) => entry.description),
        )
      : Math.max(30, terminal - name - version - architecture - 8)
  const line = (mark: string, cells: readonly string[]): string =>
    `${mark} ${(cells[0] as string).padEnd(name)} ${(cells[1] as string).padEnd(version)} ${(cells[2] as string).padEnd(architecture)} ${(cells[3] as string).slice(0, description)}\n`
  await process.stdout.write(
    `${HEAD}${line('||/', ['Name', 'Version', 'Architecture', 'Description'])}+++-${'='.repeat(name)}-${'='.repeat(version)}-${'='.repeat(architecture)}-${'='.repeat(description)}\n`,
  )
  for (const entry of rows)
    await process.stdout.write(
      line(MARKS[entry.status.split(' ')[0] as string] ?? 'ii ', [entry.name, entry.version, entry.architecture, entry.description]),
    )
  return 0
}

async function status(process: Process, names: readonly string[]): Promise<number> {
  let code = 0
  for (const name of names) {
    const entry = installedPackages(process.world).get(name)
    if (!entry) {
      code = 1
      await process.stderr.write(
        `dpkg-query: package '${name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n`,
      )
      continue
    }
    await process.stdout.write(stanza(entry, process.world.persona.os.family).replace(/\n$/, ''))
  }
  return code
}

async function listFiles(process: Process, names: readonly string[]): Promise<number> {
  let code = 0
  for (const name of names) {
    if (!installedPackages(process.world).has(name)) {
      code = 1
      await process.stderr.write(
        `dpkg-query: package '${name}' is not installed\nUse dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n`,
      )
      continue
    }
    await process.stdout.write(
      withFolders(filesOfPackage(process.world, name))
        .map((path) => `${path}\n`)
        .join(''),
    )
  }
  return code
}

async function search(process: Process, patterns: readonly string[]): Promise<number> {
  let code = 0
  const owners = [...installedPackages(process.world).keys()].map((name) => [name, filesOfPackage(process.world, name)] as const)
  for (const pattern of patterns) {
    // Without a slash in front or a wildcard, any part of a path will do.
    const glob = /[*?[]/.test(pattern) ? pattern : pattern.startsWith('/') ? undefined : `*${pattern}*`
    const fits = (path: string): boolean => (glob === undefined ? path === pattern : globMatch(glob, path))
    const found = owners.flatMap(([name, files]) => files.filter(fits).map((path) => `${name}: ${path}\n`))
    if (found.length === 0) {
      code = 1
      await process.stderr.write(`dpkg-query: no path found matching pattern ${pattern}\n`)
    } else await process.stdout.write(found.join(''))
  }
  return code
}

async function show(process: Process, words: readonly string[]): Promise<number> {
  const at = words.findIndex((word) => /^(-f|--showformat)/.test(word))
  const format =
    at < 0 ? '${binary:Package}\\t${Version}\\n' : (words[at] as string).replace(/^(-f=?|--showformat=?)/, '') || (words[at + 1] ?? '')
  const names = words.filter((word, i) => !word.startsWith('-') && !(i === at + 1 && (words[at] === '-f' || words[at] === '--showformat')))
  const rows = chosen(process, names)
  for (const name of names)
    if (!rows.some((entry) => globMatch(name, entry.name))) await process.stderr.write(`dpkg-query: no packages found matching ${name}\n`)
  for (const entry of rows) {
    const values: Record<string, string> = {
      Package: entry.name,
      'binary:Package': entry.name,
      Version: entry.version,
      Architecture: entry.architecture,
      Status: entry.status,
      'db:Status-Abbrev': 'ii ',
      'Installed-Size': String(entry.installedSize),
      'binary:Summary': entry.description,
      Description: entry.description,
      Section: entry.section,
    }
    await process.stdout.write(
      format
        .replace(/\$\{([\w:-]{1,40})(?:;(-?\d+))?\}/g, (_, name: string, width: string | undefined) =>
          width === undefined
            ? (values[name] ?? '')
            : Number(width) < 0
              ? (values[name] ?? '').padEnd(-Number(width))
              : (values[name] ?? '').padStart(Number(width)),
        )
        .replaceAll('\\n', '\n')
        .replaceAll('\\t', '\t'),
    )
  }
  return rows.length ? 0 : 1
}

async function install(process: Process, names: readonly string[]): Promise<number> {
  if (process.uid !== 0) {
    await complain(process, 'error: requested operation requires superuser privilege')
    return 2
  }
  for (const name of names) {
    if (!statIfThere(process, name)) {
      await complain(process, `error: cannot access archive '${name}': No such file or directory`)
      return 2
    }
    await process.stderr.write(
      `dpkg-deb: error: '${name}' is not a Debian format archive\ndpkg: error processing archive ${name} (--install):\n dpkg-deb --control subprocess returned error exit status 2\nErrors were encountered while processing:\n ${name}\n`,
    )
    return 1
  }
  await complain(process, 'error: --install needs at least one package archive file argument')
  return 2
}

async function remove(process: Process, names: readonly string[]): Promise<number> {
  if (process.uid !== 0) {
    await complain(process, 'error: requested operation requires superuser privilege')
    return 2
  }
  for (const name of names) {
    const entry = installedPackages(process.world).get(name)
    if (!entry) {
      await process.stderr.write(`dpkg: warning: ignoring request to remove ${name} which isn't installed\n`)
      continue
    }
    await process.stdout.write(
      `(Reading database ... ${process.world.usage.inodes + 38_000} files and directories currently installed.)\nRemoving ${name} (${entry.version}) ...\n`,
    )
    await process.sleep(300)
    removeFilesOf(process.world, name)
    changePackages(process.world, [], [name])
  }
  return 0
}
