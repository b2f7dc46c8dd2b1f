import type { Process } from '../command.ts'
import { own } from '../process/exec.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand, Usage } from './gnu/command.ts'

const ORDER = ['s', 'n', 'r', 'v', 'm', 'p', 'i', 'o'] as const

export default gnuCommand({
  name: 'uname',
  usage: '[OPTION]...',
  about: 'Print certain system information.  With no OPTION, same as -s.',
  authors: 'David MacKenzie',
  short: 'asnrvmpio',
  long: {
    all: 'a',
    'kernel-name': 's',
    nodename: 'n',
    'kernel-release': 'r',
    'kernel-version': 'v',
    machine: 'm',
    processor: 'p',
    'hardware-platform': 'i',
    'operating-system': 'o',
  },
  async run(process, options) {
    if (options.operands.length) throw new Usage(`extra operand '${options.operands[0]}'`)
    const fields = fieldsOf(process)
    // With -a GNU leaves out the processor and platform when they are unknown, as they are on Debian.
    const asked = options.has('a') ? ORDER.filter((key) => fields[key] !== 'unknown') : ORDER.filter((key) => options.has(key))
    await process.stdout.write(`${(asked.length ? asked : (['s'] as const)).map((key) => fields[key]).join(' ')}\n`)
    return 0
  },
})

function fieldsOf(process: Process): Record<(typeof ORDER)[number], string> {
  const { kernel, family } = process.world.persona.os
  // Ubuntu's coreutils fill in what Debian's call unknown.
  const platform = family === 'ubuntu' && !isBusyBox(process) ? kernel.machine : 'unknown'
  return {
    s: 'Linux',
    n: own(process).nodeName,
    r: kernel.release,
    v: kernel.version,
    m: kernel.machine,
    p: platform,
    i: platform,
    o: family === 'android' ? 'Android' : 'GNU/Linux',
  }
}
