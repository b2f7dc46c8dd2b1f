import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { connectAgent } from '../ssh-agent.ts'
import { toText } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'
import { statIfThere } from './gnu/tree.ts'
import { failsPassword, trustsKey } from './net/ssh-client.ts'

const SELF = '/usr/bin/ssh-copy-id'
const USAGE = `Usage: ${SELF} [-h|-?|-f|-n|-s] [-i [identity_file]] [-p port] [-F alternative ssh_config file] [[-o <ssh -o options>] ...] [user@]hostname
\t-f: force mode -- copy keys without trying to check if they are already installed
\t-n: dry run    -- no keys are actually copied
\t-s: use sftp   -- use sftp instead of executing remote-commands. Can be useful if the remote only allows sftp
\t-h|-?: print this help
`

/** A script in Debian, which says by which path it was found. */
export default gnuCommand({
  name: 'ssh-copy-id',
  package: 'openssh-client',
  usage: '[-h|-?|-f|-n|-s] [-i [identity_file]] [-p port] [-F alternative ssh_config file] [[-o <ssh -o options>] ...] [user@]hostname',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const say = async (text: string): Promise<number> => {
      await process.stderr.write(text)
      return 1
    }
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), { short: 'h?fnsi:p:F:o:' })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      return say(`Illegal option -${/'(.)'$/.exec(error.message)?.[1] ?? '-'}\n${USAGE}`)
    }
    const [destination, ...others] = options.operands
    if (options.has('h', '?') || destination === undefined) return say(USAGE)
    if (others.length > 0) return say(`${SELF}: ERROR: Too many arguments.  Expecting a target hostname, got: \n\n${USAGE}`)
    const keys = await identities(process, options.value('i'))
    if (typeof keys === 'string') {
      await process.stdout.write(keys)
      return 1
    }
    const home = process.env.get('HOME') ?? ''
    if (!process.files.may('w', `${home}/.ssh`))
      return say(
        `mktemp: failed to create directory via template '${home}/.ssh/ssh-copy-id.XXXXXXXXXX': No such file or directory\n${SELF}: ERROR: failed to create required temporary directory under ~/.ssh\n`,
      )
    return options.has('n') ? dryRun(process, destination, keys) : install(process, destination, keys, options)
  },
})

/** Lines of the public keys to be installed, or what is wrong with them, as it says on its standard output. */
async function identities(process: Process, file: HostText | undefined): Promise<string[] | string> {
  const home = process.env.get('HOME') ?? ''
  if (file === undefined) {
    const known = agentKeys(process)
    if (known.length > 0) {
      await process.stderr.write(`${SELF}: INFO: Source of key(s) to be installed: "ssh-add -L"\n`)
      return known
    }
  }
  const path = file === undefined ? newestKey(process, `${home}/.ssh`) : file.endsWith('.pub') ? file : `${file}.pub`
  if (path === undefined) {
    await process.stderr.write(`${SELF}: ERROR: No identities found\n`)
    return ''
  }
  if (!process.files.may('r', path)) {
    const problem = statIfThere(process, path) ? 'Permission denied' : 'No such file'
    return `\n${SELF}: ERROR: failed to open ID file '${path}': ${problem}\n`
  }
  await process.stderr.write(`${SELF}: INFO: Source of key(s) to be installed: "${path}"\n`)
  const lines = toText(process.files.read(path)).split('\n', 100)
  return lines.filter((line) => line !== '')
}

function agentKeys(process: Process): string[] {
  const socket = process.env.get('SSH_AUTH_SOCK')
  if (!socket) return []
  try {
    const keys = connectAgent(process.world, process.files, socket).identities(process.world.now())
    return keys.map(({ blob, comment }) => `${blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))} ${blob.toString('base64')} ${comment}`)
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}

function newestKey(process: Process, folder: string): HostText | undefined {
  try {
    const paths = process.files.list(folder).filter((name) => /^id.*\.pub$/.test(name) && !/-cert\.pub$/.test(name))
    return paths.map((name) => `${folder}/${name}`).sort((a, b) => process.files.stat(b).mtime - process.files.stat(a).mtime)[0]
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

async function dryRun(process: Process, destination: HostText, keys: readonly string[]): Promise<number> {
  await process.stdout.write(
    `=-=-=-=-=-=-=-=\nWould have added the following key(s):\n\n${keys.join('\n')}\n=-=-=-=-=-=-=-=\n\nNumber of key(s) added: ${keys.length}\n\nNow try logging into the machine, with:   "ssh '${destination}'"\nand check to make sure that only the key(s) you wanted were added.\n\n`,
  )
  return 0
}

/** It tries the new keys, then asks for a password; nobody lets it in. */
async function install(process: Process, destination: HostText, keys: readonly string[], options: Options): Promise<number> {
  const settings = options.values('o')
  const port = options.value('p')
  const [user, host] = destination.includes('@') ? split(destination) : [process.user, destination]
  const words = [...(port === undefined ? [] : ['-p', port]), ...settings.flatMap((setting) => ['-o', setting]), destination]
  if (!options.has('f')) {
    await process.stderr.write(`${SELF}: INFO: attempting to log in with the new key(s), to filter out any that are already installed\n`)
    const problem = await failure(process, words)
    if (problem !== undefined) return fail(process, problem)
    // ssh asks at the terminal, and is not heard without one.
    const isAsked = process.stdin.isTerminal || settings.some((setting) => /StrictHostKeyChecking/i.test(setting))
    if (!isAsked) return fail(process, 'Host key verification failed.')
    if (!(await trustsKey(process, host, settings))) return 1
    await process.stderr.write(
      `${SELF}: INFO: ${keys.length} key(s) remain to be installed -- if you are prompted now it is to install the new keys\n`,
    )
    await failsPassword(process, user, host)
    return 1
  }
  await process.run(['ssh', ...words])
  return 1
}

function split(destination: HostText): [string, string] {
  const at = destination.lastIndexOf('@')
  return [destination.slice(0, at), destination.slice(at + 1)]
}

/** What keeps ssh from talking to the host at all. */
async function failure(process: Process, words: readonly HostText[]): Promise<string | undefined> {
  const parts: string[] = []
  const stderr = {
    isTerminal: false,
    write: async (data: Uint8Array | HostText) => void parts.push(typeof data === 'string' ? data : toText(data)),
  }
  await process.run(['ssh', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', ...words], { stderr })
  const text = parts.join('').replace(/\n+$/, '')
  return /^(ssh|kex_exchange)/.test(text) ? text : undefined
}

async function fail(process: Process, problem: string): Promise<number> {
  await process.stderr.write(
    `\n${SELF}: ${problem
      .split('\n')
      .map((line) => `ERROR: ${line}`)
      .join('\n')}\n\n`,
  )
  return 1
}
