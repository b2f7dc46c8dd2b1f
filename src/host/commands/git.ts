import { evidence } from '../../events/bytes.ts'
import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { installedVersion } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'
import { askEngine } from './gnu/help.ts'
import { connect, noteIndicator, resolve } from './net/target.ts'
import { parseTarget } from './net/url.ts'

const COMMANDS = [
  'add',
  'branch',
  'checkout',
  'clone',
  'commit',
  'config',
  'diff',
  'fetch',
  'init',
  'log',
  'merge',
  'pull',
  'push',
  'remote',
  'reset',
  'restore',
  'rev-parse',
  'rm',
  'show',
  'stash',
  'status',
  'submodule',
  'switch',
  'tag',
]

export default gnuCommand({
  name: 'git',
  package: 'git',
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    while (words[0]?.startsWith('-') && !/^(--version|-v|--help|-h)$/.test(words[0])) words.splice(0, /^-[Cc]$/.test(words[0]) ? 2 : 1)
    const [verb, ...rest] = words
    const { stdout, stderr } = process
    switch (verb) {
      case undefined:
      case '--help':
      case '-h':
        await stdout.write(
          'usage: git [-v | --version] [-h | --help] [-C <path>] [-c <name>=<value>]\n           [--exec-path[=<path>]] [--html-path] [--man-path] [--info-path]\n           [-p | --paginate | -P | --no-pager] [--no-replace-objects] [--bare]\n           [--git-dir=<path>] [--work-tree=<path>] [--namespace=<name>]\n           [--super-prefix=<path>] [--config-env=<name>=<envvar>]\n           <command> [<args>]\n',
        )
        return 1
      case '--version':
      case '-v':
      case 'version':
        await stdout.write(`git version ${upstream(process)}\n`)
        return 0
      case 'clone':
        return clone(process, rest)
      case 'init':
        return init(process, rest)
      case 'config':
        return rest.length > 1 ? 0 : 1
    }
    if (!COMMANDS.includes(verb)) {
      await stderr.write(`git: '${verb}' is not a git command. See 'git --help'.\n`)
      return 1
    }
    const repository = findRepository(process)
    if (repository === undefined) {
      await stderr.write('fatal: not a git repository (or any of the parent directories): .git\n')
      return 128
    }
    return inside(process, repository, verb, rest)
  },
})

function upstream(process: Process): string {
  return (installedVersion(process.world, 'git') ?? '2.39.5').replace(/^\d+:/, '').replace(/-.*$/, '')
}

async function clone(process: Process, words: readonly string[]): Promise<number> {
  const operands = words.filter((word, i) => !word.startsWith('-') && !/^(-b|--branch|--depth|-o|-c|-j)$/.test(words[i - 1] ?? ''))
  const [source, folder] = operands
  const { stderr } = process
  if (source === undefined) {
    await stderr.write('fatal: You must specify a repository to clone.\n\nusage: git clone [<options>] [--] <repo> [<dir>]\n')
    return 129
  }
  const name =
    folder ??
    source
      .replace(/\/+$/, '')
      .replace(/\.git$/, '')
      .replace(/^.*[/:]/, '')
  if (exists(process, name) && process.files.list(name).length > 0) {
    await stderr.write(`fatal: destination path '${name}' already exists and is not an empty directory.\n`)
    return 128
  }
  const ssh = /^(?:ssh:\/\/)?(?:[^@/]+@)?([\w.-]+):(?!\/\/)/.exec(source)
  const target = parseTarget(source)
  if (!ssh && !/^(https?|git|ftp):\/\//.test(source)) {
    await stderr.write(`fatal: repository '${source}' does not exist\n`)
    return 128
  }
  noteIndicator(process, 'url', source, 'git clone')
  await stderr.write(`Cloning into '${name}'...\n`)
  const host = ssh?.[1] ?? target?.host ?? ''
  const found = await resolve(process, host)
  if (!('address' in found)) {
    await stderr.write(
      ssh
        ? `ssh: Could not resolve hostname ${host}: ${found.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'}\r\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n`
        : `fatal: unable to access '${source.replace(/\/?$/, '/')}': Could not resolve host: ${host}\n`,
    )
    return 128
  }
  const started = process.world.now()
  const reach = await connect(process, found.address, ssh ? 22 : (target?.port ?? 443))
  const ms = process.world.now() - started
  if (ssh)
    await stderr.write(
      `Connection closed by ${found.address} port 22\r\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n`,
    )
  else
    await stderr.write(
      reach.state === 'open'
        ? `fatal: unable to access '${source.replace(/\/?$/, '/')}': GnuTLS recv error (-110): The TLS connection was non-properly terminated.\n`
        : `fatal: unable to access '${source.replace(/\/?$/, '/')}': Failed to connect to ${host} port ${target?.port ?? 443} after ${ms} ms: Couldn't connect to server\n`,
    )
  return 128
}

async function init(process: Process, words: readonly string[]): Promise<number> {
  const folder = words.find((word) => !word.startsWith('-'))
  const root = folder === undefined ? process.cwd : folder.startsWith('/') ? folder : `${process.cwd}/${folder}`
  try {
    if (!exists(process, root)) process.files.mkdir(root, 0o755)
    const again = exists(process, `${root}/.git`)
    if (!again) {
      for (const path of [
        '',
        '/objects',
        '/objects/info',
        '/objects/pack',
        '/refs',
        '/refs/heads',
        '/refs/tags',
        '/hooks',
        '/info',
        '/branches',
      ])
        process.files.mkdir(`${root}/.git${path}`, 0o755)
      const files = {
        HEAD: 'ref: refs/heads/master\n',
        config: '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n',
        description: "Unnamed repository; edit this file 'description' to name the repository.\n",
        'info/exclude':
          "# git ls-files --others --exclude-from=.git/info/exclude\n# Lines that start with '#' are comments.\n# For a project mostly in C, the following would be a good set of\n# exclude patterns (uncomment them if you want to use them):\n# *.[oa]\n# *~\n",
      }
      for (const [name, text] of Object.entries(files)) process.files.write(`${root}/.git/${name}`, Buffer.from(text))
    }
    await process.stdout.write(`${again ? 'Reinitialized existing' : 'Initialized empty'} Git repository in ${root}/.git/\n`)
    return 0
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(`fatal: cannot mkdir ${evidence(root)}: ${error.message}\n`)
    return 128
  }
}

async function inside(process: Process, repository: HostText, verb: string, rest: readonly string[]): Promise<number> {
  const { stdout, stderr } = process
  const head = read(process, `${repository}/HEAD`)?.trim() ?? ''
  const branch = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1] ?? 'master'
  const hash = read(process, `${repository}/refs/heads/${branch}`)?.trim()
  const config = read(process, `${repository}/config`) ?? ''
  switch (verb) {
    case 'status':
      if (hash !== undefined) break
      await stdout.write(`On branch ${branch}\n\nNo commits yet\n\nnothing to commit (create/copy files and use "git add" to track)\n`)
      return 0
    case 'branch':
      if (rest.length > 0) break
      if (hash !== undefined) await stdout.write(`* ${branch}\n`)
      return 0
    case 'remote': {
      const remotes = [...config.matchAll(/\[remote "([^"]+)"\][^[]*?url = (\S+)/g)]
      if (rest.length > 0 && rest[0] !== '-v') break
      for (const [, name, url] of remotes)
        await stdout.write(rest[0] === '-v' ? `${name}\t${url} (fetch)\n${name}\t${url} (push)\n` : `${name}\n`)
      return 0
    }
    case 'log':
      if (hash !== undefined) break
      await stderr.write(`fatal: your current branch '${branch}' does not have any commits yet\n`)
      return 128
    case 'pull':
    case 'fetch':
    case 'push': {
      const url = /url = (\S+)/.exec(config)?.[1]
      if (url) {
        noteIndicator(process, 'url', url, `git ${verb}`)
        const host = /^(?:ssh:\/\/)?(?:[^@/]+@)?([\w.-]+):(?!\/\/)/.exec(url)?.[1] ?? parseTarget(url)?.host ?? url
        await resolve(process, host)
        await stderr.write(`fatal: unable to access '${url}': Could not resolve host: ${host}\n`)
      } else await stderr.write(verb === 'push' ? 'fatal: No configured push destination.\n' : 'fatal: No remote repository specified.\n')
      return verb === 'pull' ? 1 : 128
    }
  }
  return askEngine(process) ?? 0
}

/** The `.git` of the present folder or one above it. */
function findRepository(process: Process): HostText | undefined {
  for (let at = process.cwd; ; at = at.slice(0, at.lastIndexOf('/'))) {
    if (exists(process, `${at}/.git/HEAD`)) return `${at}/.git`
    if (at === '' || at === '/') return undefined
  }
}

function read(process: Process, path: HostText): string | undefined {
  try {
    return process.files.read(path).toString('utf8')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return undefined
  }
}

function exists(process: Process, path: HostText): boolean {
  try {
    process.files.stat(path)
    return true
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return false
  }
}
