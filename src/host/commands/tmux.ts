import type { Process } from '../command.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

const silent = { isTerminal: false, write: async () => {} }

export default gnuCommand({
  name: 'tmux',
  package: 'tmux',
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [verb = 'new-session', ...rest] = process.argv.slice(1)
    const { stdout, stderr } = process
    const value = (flag: string): string | undefined => {
      const at = rest.indexOf(flag)
      return at < 0 ? undefined : rest[at + 1]
    }
    if (verb === '-V') {
      await stdout.write('tmux 3.3a\n')
      return 0
    }
    if (verb === 'ls' || verb === 'list-sessions') {
      const servers = running(process)
      if (servers.length === 0) {
        await stderr.write(`no server running on /tmp/tmux-${process.uid}/default\n`)
        return 1
      }
      for (const [i, info] of servers.entries())
        await stdout.write(
          `${info.argv.at(-1) ?? i}: 1 windows (created ${strftime('%a %b %e %H:%M:%S %Y', localTime(info.startedAt, zoneOf(process)))})\n`,
        )
      return 0
    }
    if (verb === 'new' || verb === 'new-session') {
      const name = value('-s') ?? String(running(process).length)
      const flags = new Set(['-s', '-n', '-x', '-y', '-c'])
      const command = rest.filter((word, i) => !word.startsWith('-') && !flags.has(rest[i - 1] ?? ''))
      const detached = rest.some((word) => /^-\w*d/.test(word))
      process.world.processes.addResident({
        argv: ['tmux', 'new', '-s', name],
        comm: 'tmux: server',
        exe: '/usr/bin/tmux',
        ppid: 1,
        uid: process.uid,
        gid: process.gid,
        rssKiB: 4012,
        vszKiB: 10_880,
        cwd: process.cwd,
      })
      if (detached) {
        if (command.length)
          await process.run(['/bin/sh', '-c', command.join(' ')], {
            background: true,
            stdin: new Uint8Array(),
            stdout: silent,
            stderr: silent,
          })
        return 0
      }
      if (!process.terminal) {
        await stderr.write('open terminal failed: not a terminal\n')
        return 1
      }
      await stdout.write('\x1b[?1049h\x1b[H\x1b[2J')
      await process.run([process.env.get('SHELL') ?? '/bin/bash'], {
        env: new Map([...process.env, ['TERM', 'tmux-256color'], ['TMUX', `/tmp/tmux-${process.uid}/default,${process.pid},0`]]),
      })
      await stdout.write('\x1b[?1049l[exited]\n')
      return 0
    }
    const servers = running(process)
    if (servers.length === 0) {
      await stderr.write(
        /^(a|at|attach|attach-session)$/.test(verb) ? 'no sessions\n' : `no server running on /tmp/tmux-${process.uid}/default\n`,
      )
      return 1
    }
    if (verb === 'kill-server' || verb === 'kill-session')
      for (const info of servers) process.world.processes.signal(info.pid, 'TERM', { uid: process.uid })
    return 0
  },
})

function running(process: Process) {
  return process.world.processes.list().filter((info) => info.comm === 'tmux: server' && info.uid === process.uid)
}
