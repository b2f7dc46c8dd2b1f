import { randomBytes } from 'node:crypto'
import type { Process, RunOptions } from '../command.ts'
import { searchPath } from './gnu/search-path.ts'
import { span, systemdCommand } from './systemd/command.ts'

/** What a unit prints goes to the journal; nothing of it keeps the caller. */
const JOURNAL: RunOptions = {
  stdin: new Uint8Array(),
  stdout: { isTerminal: false, write: async () => {} },
  stderr: { isTerminal: false, write: async () => {} },
}

export default systemdCommand({
  name: 'systemd-run',
  usage: '[OPTIONS...] COMMAND [ARGUMENTS...]',
  short: '+H:M:u:p:dE:tPqGrS',
  long: {
    user: 'user',
    system: 'system',
    scope: 'scope',
    unit: 'u',
    property: 'p',
    description: 'description=',
    slice: 'slice=',
    'remain-after-exit': 'r',
    wait: 'wait',
    'send-sighup': 'x',
    uid: 'uid=',
    gid: 'gid=',
    nice: 'nice=',
    'working-directory': 'cwd=',
    'same-dir': 'd',
    setenv: 'E',
    pty: 't',
    pipe: 'P',
    quiet: 'q',
    shell: 'S',
    collect: 'G',
    'no-block': 'x',
    'on-active': 'on=',
    'on-boot': 'on=',
    'on-startup': 'on=',
    'on-unit-active': 'on=',
    'on-calendar': 'on=',
    'timer-property': 'tp=',
    'no-ask-password': 'x',
  },
  async run(process, options) {
    const { stderr, world } = process
    const command = options.has('S') ? ['/bin/bash'] : options.operands
    const [program] = command
    const say = async (text: string): Promise<void> => {
      if (!options.has('q')) await stderr.write(`${text}\n`)
    }
    if (program === undefined) {
      await stderr.write('Command line to execute required.\n')
      return 1
    }
    if (searchPath(process, program).length === 0) {
      await stderr.write(`Failed to find executable ${program}: No such file or directory\n`)
      return 1
    }
    if (process.uid !== 0) {
      await stderr.write(
        `Failed to start transient ${options.has('scope') ? 'scope' : 'service'} unit: Interactive authentication required.\n`,
      )
      return 1
    }
    const given = options.value('u')?.replace(/\.(service|scope)$/, '')
    const unit = given ?? `run-r${randomBytes(16).toString('hex')}`
    const settings = runOptions(process, options.value('cwd'), options.has('d'), options.values('E'), options.value('uid'))
    if (options.has('scope')) {
      await say(`Running scope as unit: ${unit}.scope`)
      return process.run(command, settings)
    }
    if (options.has('on')) {
      await say(`Running timer as unit: ${unit}.timer\nWill run service as unit: ${unit}.service`)
      return 0
    }
    await say(`Running as unit: ${unit}.service`)
    if (options.has('t', 'S') && process.terminal) await say('Press ^] three times within 1s to disconnect TTY.')
    world.logs.write({
      facility: 'daemon',
      identifier: 'systemd',
      pid: 1,
      unit: `${unit}.service`,
      text: `Started ${unit}.service - ${options.value('description') ?? command.join(' ')}.`,
    })
    if (!options.has('t', 'S', 'P', 'wait')) return process.run(command, { ...settings, ...JOURNAL, background: true })
    const began = world.now()
    const code = await process.run(command, settings)
    if (options.has('wait'))
      await say(
        `Finished with result: ${code === 0 ? 'success' : 'exit-code'}\nMain processes terminated with: code=exited/status=${code}\nService runtime: ${span(world.now() - began)}\nCPU time consumed: ${span(1 + (world.now() - began) / 50)}`,
      )
    return code
  },
})

/** A unit starts in the root directory with an environment of its own. */
function runOptions(
  process: Process,
  cwd: string | undefined,
  same: boolean,
  variables: readonly string[],
  user: string | undefined,
): RunOptions {
  const env = new Map([
    ['LANG', process.env.get('LANG') ?? 'C.UTF-8'],
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'],
  ])
  for (const variable of variables) {
    const [name = '', value] = variable.split(/=(.*)/s)
    env.set(name, value ?? process.env.get(name) ?? '')
  }
  return { env, cwd: cwd ?? (same ? process.cwd : '/'), ...(user !== undefined && { user }) }
}
