import type { HostText, Process } from '../command.ts'
import { type FileLock, lockFile, unlockFile } from '../world/file-locks.ts'
import { attempt, complain, gnuCommand, Usage } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'

/** How often who waits for a lock looks again. */
const LOOK_EVERY_MS = 50

export default gnuCommand({
  name: 'flock',
  package: 'util-linux',
  usage: [
    '[options] <file>|<directory> <command> [<argument>...]',
    '[options] <file>|<directory> -c <command>',
    '[options] <file descriptor number>',
  ],
  about: '\nManage file locks from shell scripts.',
  short: '+sexnuw:oFE:v',
  long: {
    shared: 's',
    exclusive: 'x',
    unlock: 'u',
    nonblock: 'n',
    nb: 'n',
    timeout: 'w',
    wait: 'w',
    'conflict-exit-code': 'E',
    close: 'o',
    'no-fork': 'F',
    verbose: 'v',
  },
  trouble: 64,
  async run(process, options) {
    const [file, ...words] = options.operands
    if (file === undefined) throw new Usage('not enough arguments')
    if (words.length === 0) {
      if (/^\d+$/.test(file)) return 0
      await complain(process, `bad file descriptor: '${file}'`)
      return 64
    }
    const fine = await attempt(
      () => {
        if (process.files.may('r', file)) return
        process.openOutput(file, 'append')
      },
      (error) => complain(process, `cannot open lock file ${file}: ${error.message}`),
    )
    if (!fine) return 66
    const lock = await take(process, file, options)
    if (!lock) return Number(options.value('E') ?? 1)
    const command = words[0] === '-c' || words[0] === '--command' ? ['/bin/sh', '-c', words.slice(1).join(' ')] : words
    try {
      return await process.run(command)
    } finally {
      unlockFile(process.world, lock)
    }
  },
})

/** Waits for the lock as long as the options say; a lock is the process's, and goes with it. */
async function take(process: Process, file: HostText, options: Options): Promise<FileLock | undefined> {
  const path = process.files.realpath(file)
  const { inode } = process.files.stat(file)
  const lock: FileLock = { pid: process.pid, kind: 'FLOCK', mode: options.last('s', 'x', 'e') === 's' ? 'READ' : 'WRITE', path, inode }
  const patience = options.has('n') ? 0 : options.has('w') ? Number(options.value('w')) * 1000 : Number.POSITIVE_INFINITY
  for (let waited = 0; !lockFile(process.world, lock); waited += LOOK_EVERY_MS) {
    if (!(waited < patience)) return undefined
    await process.sleep(LOOK_EVERY_MS)
  }
  return lock
}
