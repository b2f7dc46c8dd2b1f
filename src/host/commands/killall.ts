import { HostError } from '../contract.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { SIGNALS, signalName } from './gnu/signals.ts'

export default gnuCommand({
  name: 'killall',
  package: 'psmisc',
  version: 'killall (PSmisc) 23.6',
  usage: '[OPTION]... [--] NAME...',
  rawArguments: true,
  short: '',
  async run(process) {
    const names: string[] = []
    let signal = 'TERM'
    let quiet = false
    const words = process.argv.slice(1)
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as string
      if (word === '-l') {
        await process.stdout.write(`${SIGNALS.join(' ')}\n`)
        return 0
      }
      if (word === '-s' || word === '--signal') signal = signalName(words[++i] ?? '') ?? 'TERM'
      else if (word === '-u' || word === '--user') i++
      else if (/^-(\d+|[A-Z][A-Z0-9]+)$/.test(word)) {
        const name = signalName(word.slice(1))
        if (name === undefined) {
          await complain(process, `${word.slice(1)}: unknown signal; killall -l lists signals.`)
          return 1
        }
        signal = name
      } else if (/^-[a-zA-Z]*q/.test(word) || word === '--quiet') quiet = true
      else if (word.startsWith('-') && word.length > 1) continue
      else names.push(word)
    }
    if (names.length === 0) {
      await process.stderr.write('Usage: killall [OPTION]... [--] NAME...\n       killall -l, --list\n       killall -V, --version\n')
      return 1
    }
    let status = 0
    for (const name of names) {
      const found = process.world.processes
        .list()
        .filter((info) => info.pid !== process.pid && (info.comm === name.slice(0, 15) || (name.includes('/') && info.exe === name)))
      if (found.length === 0) {
        status = 1
        if (!quiet && isBusyBox(process)) await complain(process, `${name}: no process killed`)
        else if (!quiet) await process.stderr.write(`${name}: no process found\n`)
      }
      for (const info of found) {
        try {
          process.world.processes.signal(info.pid, signal, { uid: process.uid })
        } catch (error) {
          if (!(error instanceof HostError)) throw error
          status = 1
          await process.stderr.write(`${name}(${info.pid}): ${error.message}\n`)
        }
      }
    }
    return status
  },
})
