import { HostError } from '../contract.ts'
import { complain, gnuCommand, Usage } from './gnu/command.ts'
import { parseDuration } from './gnu/duration.ts'
import { localQuotes } from './gnu/locale.ts'
import { quoted } from './gnu/quote.ts'

const SIGNALS: Record<string, number> = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, USR1: 10, TERM: 15 }

export default gnuCommand({
  name: 'timeout',
  usage: ['[OPTION] DURATION COMMAND [ARG]...', '[OPTION]'],
  about: 'Start COMMAND, and kill it if still running after DURATION.',
  authors: 'Padraig Brady',
  trouble: 125,
  short: '+k:s:vt:',
  long: { 'kill-after': 'k', signal: 's', verbose: 'v', foreground: 'foreground', 'preserve-status': 'preserve-status' },
  async run(process, options) {
    // Old BusyBox has the duration as an option.
    const words = options.has('t') ? [options.value('t') as string, ...options.operands] : options.operands
    const [time, ...command] = words
    if (time === undefined || command.length === 0) throw new Usage('')
    const limit = parseDuration(time)
    if (limit === undefined) throw new Usage(`invalid time interval ${quoted(time)}`)
    const name = (options.value('s') ?? 'TERM').replace(/^SIG/, '').toUpperCase()
    const abort = new AbortController()
    let expired = false
    const timer =
      limit > 0 && Number.isFinite(limit)
        ? setTimeout(
            () => {
              expired = true
              abort.abort()
            },
            Math.min(limit, 2 ** 31 - 1),
          )
        : undefined
    process.signal.addEventListener('abort', () => clearTimeout(timer))
    try {
      const status = await process.run(command, { signal: abort.signal })
      if (!expired || options.has('preserve-status')) return status
      return name === 'KILL' || name === '9' ? 128 + (SIGNALS.KILL as number) : 124
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await complain(process, localQuotes(process, `failed to run command ${quoted(command[0] as string)}: ${error.message}`))
      return error.code === 'ENOENT' ? 127 : 126
    } finally {
      clearTimeout(timer)
    }
  },
})
