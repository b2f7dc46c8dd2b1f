import type { HostText } from '../command.ts'
import { accountsOf } from './gnu/accounts.ts'
import { attempt, complain, dirName, Failure, gnuCommand } from './gnu/command.ts'
import { Copier } from './gnu/copy.ts'
import { destinations } from './gnu/destination.ts'
import { parseMode } from './gnu/mode.ts'
import { quoted } from './gnu/quote.ts'
import { makeFolders, statIfThere } from './gnu/tree.ts'

export default gnuCommand({
  name: 'install',
  usage: [
    '[OPTION]... [-T] SOURCE DEST',
    '[OPTION]... SOURCE... DIRECTORY',
    '[OPTION]... -t DIRECTORY SOURCE...',
    '[OPTION]... -d DIRECTORY...',
  ],
  about: 'This install program copies files (often just compiled) into destination\nlocations you choose.',
  authors: 'David MacKenzie',
  short: 'bcCdDg:m:o:psS:t:Tv',
  long: {
    directory: 'd',
    group: 'g',
    mode: 'm',
    owner: 'o',
    'preserve-timestamps': 'p',
    strip: 's',
    'target-directory': 't',
    verbose: 'v',
    compare: 'C',
  },
  async run(process, options) {
    const change = parseMode(options.value('m') ?? '755', 0)
    if (!change) throw new Failure(`invalid mode ${quoted(options.value('m') as string)}`)
    const accounts = accountsOf(process)
    const owner = options.value('o') === undefined ? -1 : (accounts.user(options.value('o') as string)?.uid ?? Number(options.value('o')))
    const group = options.value('g') === undefined ? -1 : (accounts.group(options.value('g') as string)?.gid ?? Number(options.value('g')))
    if (Number.isNaN(owner)) throw new Failure(`invalid user ${quoted(options.value('o') as string)}`)
    const finish = (path: HostText): void => {
      process.files.chmod(path, change(0, false))
      if (owner >= 0 || group >= 0) process.files.chown(path, owner, group)
    }
    let status = 0
    const guarded = async (path: HostText, use: () => void | Promise<void>): Promise<void> => {
      if (!(await attempt(use, (error) => complain(process, `cannot create regular file ${quoted(path)}: ${error.message}`)))) status = 1
    }
    if (options.has('d')) {
      for (const path of options.operands) {
        await guarded(path, () => {
          makeFolders(process, path, 0o755)
          finish(path)
        })
      }
      return status
    }
    if (options.has('D') && options.operands.length > 1) makeFolders(process, dirName(options.operands.at(-1) as string), 0o755)
    const copier = new Copier(process, {
      recursive: false,
      keepLinks: false,
      followOperands: true,
      preserve: { mode: false, owner: false, times: options.has('p'), attributes: false },
      overwrite: 'always',
      force: true,
      link: 'none',
      verbose: options.has('v'),
      backup: undefined,
      attributesOnly: false,
      removeDestination: true,
    })
    for (const { from, to } of destinations(process, options)) {
      await copier.copy(from, to)
      if (statIfThere(process, to)) await guarded(to, () => finish(to))
    }
    return status || copier.status
  },
})
