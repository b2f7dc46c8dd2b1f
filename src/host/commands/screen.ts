import type { Process } from '../command.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

const DIRECTORY = '/run/screen'

export default gnuCommand({
  name: 'screen',
  package: 'screen',
  usage: '[-opts] [cmd [args]]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const { stdout, stderr } = process
    let name: string | undefined
    let detached = false
    let list = false
    let resume: string | undefined
    let at = 0
    for (; at < words.length && (words[at] as string).startsWith('-'); at++) {
      const word = words[at] as string
      if (/^-S/.test(word) || word === '-t') name = word.length > 2 ? word.slice(2) : words[++at]
      else if (/^-(ls|list)$/.test(word)) list = true
      else if (/^-[dD]*m?[dD]*m[SL]*$/.test(word) || word === '-dmS' || word === '-AmdS') {
        detached = true
        if (word.endsWith('S')) name = words[++at]
      } else if (/^-[dDrRx]+$/.test(word)) resume = words[at + 1]?.startsWith('-') ? '' : (words[++at] ?? '')
      else if (word === '-v' || word === '--version') {
        await stdout.write('Screen version 4.09.00 (GNU) 30-Jan-22\n')
        return 0
      } else if (word === '-X') return 0
    }
    if (list) {
      await stdout.write(listing(process))
      return sessions(process).length ? 0 : 1
    }
    if (resume !== undefined) {
      const found = sessions(process).find((one) => resume === '' || one.label === resume || one.label.endsWith(`.${resume}`))
      if (!found) {
        await stdout.write(resume === '' ? 'There is no screen to be resumed.\n' : `There is no screen to be resumed matching ${resume}.\n`)
        return 1
      }
    }
    const command = words.slice(at)
    if (detached) {
      const { processes } = process.world
      const own = processes.get(process.pid)
      processes.addResident({
        argv: ['SCREEN', ...process.argv.slice(1)],
        comm: 'screen',
        exe: '/usr/bin/screen',
        ppid: 1,
        uid: process.uid,
        gid: process.gid,
        rssKiB: 2900,
        vszKiB: 5604,
        cwd: own?.cwd ?? '/',
      })
      if (command.length) await process.run(command, { background: true, stdin: new Uint8Array(), stdout: silent, stderr: silent })
      return 0
    }
    if (!process.terminal) {
      await stderr.write('Must be connected to a terminal.\n')
      return 1
    }
    // A window of its own: the shell runs on a cleared screen.
    await stdout.write('\x1b[?1049h\x1b[H\x1b[2J')
    await process.run(command.length ? command : [process.env.get('SHELL') ?? '/bin/bash'], {
      env: new Map([...process.env, ['TERM', 'screen'], ['STY', `${process.pid}.${name ?? 'pts-0'}`]]),
    })
    await stdout.write('\x1b[?1049l[screen is terminating]\n')
    return 0
  },
})

const silent = { isTerminal: false, write: async () => {} }

function sessions(process: Process): { pid: number; label: string; startedAt: number }[] {
  return process.world.processes
    .list()
    .filter((info) => info.argv[0] === 'SCREEN' && info.uid === process.uid)
    .map((info) => ({ pid: info.pid, label: `${info.pid}.${labelOf(info.argv, process)}`, startedAt: info.startedAt }))
}

/** The name given with `-S`, or one made of terminal and host. */
function labelOf(argv: readonly string[], process: Process): string {
  const at = argv.findIndex((word) => /^-\w*S$/.test(word))
  return at < 0 ? `pts-0.${process.world.hostname}` : (argv[at + 1] ?? '')
}

function listing(process: Process): string {
  const all = sessions(process)
  const where = `${DIRECTORY}/S-${process.user}`
  if (all.length === 0) return `No Sockets found in ${where}.\n\n`
  const rows = all.map(
    (one) => `\t${one.label}\t(${strftime('%m/%d/%y %H:%M:%S', localTime(one.startedAt, zoneOf(process)))})\t(Detached)\n`,
  )
  return `${all.length === 1 ? 'There is a screen on' : 'There are screens on'}:\n${rows.join('')}${all.length} Socket${all.length === 1 ? '' : 's'} in ${where}.\n`
}
