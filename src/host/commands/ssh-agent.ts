import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { exec } from '../process/exec.ts'
import { listenAt, removeSocket, SshAgent, socketFolder, stopListening } from '../ssh-agent.ts'
import { gnuCommand } from './gnu/command.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'

const USAGE = `usage: ssh-agent [-c | -s] [-Dd] [-a bind_address] [-E fingerprint_hash]
                 [-O option] [-P allowed_providers] [-t life]
       ssh-agent [-a bind_address] [-E fingerprint_hash] [-O option]
                 [-P allowed_providers] [-t life] command [arg ...]
       ssh-agent [-c | -s] -k
`
/** What it takes of memory, KiB. */
const SIZE = { vszKiB: 7664, rssKiB: 1100 }

export default gnuCommand({
  name: 'ssh-agent',
  package: 'openssh-client',
  usage: '[-c | -s] [-Dd] [-a bind_address] [-E fingerprint_hash] [-O option] [-P allowed_providers] [-t life]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), { short: '+cDdksE:a:O:P:t:' })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      const letter = /'(.)'$/.exec(error.message)?.[1] ?? '-'
      await process.stderr.write(
        `${error.message.includes('requires') ? 'option requires an argument' : 'unknown option'} -- ${letter}\r\n${USAGE}`,
      )
      return 1
    }
    const isCsh = options.has('c') || (!options.has('s') && /csh$/.test(process.env.get('SHELL') ?? ''))
    if (options.has('k')) return killAgent(process, isCsh)
    const agent = new SshAgent()
    let socket: { path: HostText; folder: HostText | undefined }
    try {
      socket = bind(process, options.value('a'))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await process.stderr.write(`unix_listener: cannot bind to path ${options.value('a') ?? '/tmp'}: ${error.message}\r\n`)
      return 1
    }
    listenAt(process.world, absolute(process, socket.path), agent)
    const end = (signal: string): void => {
      stopListening(process.world, agent)
      if (signal !== 'KILL') removeSocket(process.world.files, absolute(process, socket.path), socket.folder)
    }
    if (options.has('D', 'd')) return stay(process, socket.path, isCsh, end)
    const { pid } = process.world.processes.addResident({
      argv: process.argv,
      comm: 'ssh-agent',
      exe: '/usr/bin/ssh-agent',
      uid: process.uid,
      gid: process.gid,
      ...SIZE,
      onExit: end,
    })
    if (options.operands.length > 0) return runWith(process, options.operands, socket.path, pid)
    await process.stdout.write(`${settings(isCsh, { SSH_AUTH_SOCK: socket.path, SSH_AGENT_PID: String(pid) })}echo Agent pid ${pid};\n`)
    return 0
  },
})

/** Its own socket in /tmp has the pid of the process that was started, not of the daemon that it becomes. */
function bind(process: Process, given: HostText | undefined): { path: HostText; folder: HostText | undefined } {
  const folder = given === undefined ? socketFolder(process.files, 12) : undefined
  const path = given ?? `${folder}/agent.${process.pid}`
  process.files.mknod(path, 'socket', 0o600)
  return { path, folder }
}

function absolute(process: Process, path: HostText): HostText {
  return path.startsWith('/') ? path : `${process.cwd}/${path}`
}

function settings(isCsh: boolean, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => (isCsh ? `setenv ${name} ${value};\n` : `${name}=${value}; export ${name};\n`))
    .join('')
}

async function stay(process: Process, path: HostText, isCsh: boolean, end: (signal: string) => void): Promise<number> {
  await process.stdout.write(`${settings(isCsh, { SSH_AUTH_SOCK: path })}echo Agent pid ${process.pid};\n`)
  process.signal.addEventListener('abort', () => end('TERM'), { once: true })
  for (;;) await process.sleep(3_600_000)
}

/** Goes on as the command; the agent goes when that has ended. */
async function runWith(process: Process, command: readonly HostText[], path: HostText, agent: number): Promise<number> {
  const env = new Map([...process.env]).set('SSH_AUTH_SOCK', path).set('SSH_AGENT_PID', String(agent))
  const endAgent = (): void => {
    if (process.world.processes.get(agent)?.comm === 'ssh-agent') process.world.processes.signal(agent, 'TERM', { uid: 0 })
  }
  process.signal.addEventListener('abort', endAgent, { once: true })
  try {
    return await exec(process, command, env)
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    await process.stderr.write(`${command[0]}: ${error.message}\n`)
    return 1
  }
}

async function killAgent(process: Process, isCsh: boolean): Promise<number> {
  const word = process.env.get('SSH_AGENT_PID')
  const fail = async (text: string): Promise<number> => {
    await process.stderr.write(`${text}\n`)
    return 1
  }
  if (word === undefined) return fail('SSH_AGENT_PID not set, cannot kill agent')
  if (!/^\d{1,10}$/.test(word)) return fail(`SSH_AGENT_PID="${word}", which is not a good PID: invalid`)
  try {
    process.world.processes.signal(Number(word), 'TERM', { uid: process.uid })
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return fail(`kill: ${error.message}`)
  }
  const unset = isCsh ? 'unsetenv' : 'unset'
  await process.stdout.write(`${unset} SSH_AUTH_SOCK;\n${unset} SSH_AGENT_PID;\necho Agent pid ${word} killed;\n`)
  return 0
}
