import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { errno } from '../files/errno.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { confirms } from './gnu/confirm.ts'
import { Copier } from './gnu/copy.ts'
import { destinations } from './gnu/destination.ts'
import type { Options } from './gnu/options.ts'
import { quoted } from './gnu/quote.ts'
import { isInside, statIfThere, walkTree } from './gnu/tree.ts'

export default gnuCommand({
  name: 'mv',
  usage: ['[OPTION]... [-T] SOURCE DEST', '[OPTION]... SOURCE... DIRECTORY', '[OPTION]... -t DIRECTORY SOURCE...'],
  about: 'Rename SOURCE to DEST, or move SOURCE(s) to DIRECTORY.',
  authors: 'Mike Parker, David MacKenzie, and Jim Meyering',
  short: 'bfinS:t:TuvZ',
  long: {
    backup: 'backup?',
    force: 'f',
    interactive: 'i',
    'no-clobber': 'n',
    suffix: 'S',
    'target-directory': 't',
    'no-target-directory': 'T',
    update: 'u',
    verbose: 'v',
    'strip-trailing-slashes': 'strip-trailing-slashes',
  },
  async run(process, options) {
    let status = 0
    for (const { from, to } of destinations(process, options)) {
      try {
        await move(process, from, to, options)
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        status = 1
        await complain(process, messageFor(process, error, from, to))
      }
    }
    return status
  },
})

class Refused extends HostError {}

async function move(process: Process, from: HostText, to: HostText, options: Options): Promise<void> {
  const stat = process.files.lstat(from)
  const target = statIfThere(process, to, false)
  if (stat.type === 'directory' && isInside(process, to.replace(/\/[^/]*\/*$/, '') || to, from) && to !== from && to.startsWith(from)) {
    throw new Refused('EINVAL', `cannot move ${quoted(from)} to a subdirectory of itself, ${quoted(to)}`)
  }
  if (stat.type !== 'directory' && to.endsWith('/') && !target) throw errno('ENOTDIR')
  if (target && target.inode === stat.inode) throw new Refused('EEXIST', `${quoted(from)} and ${quoted(to)} are the same file`)
  if (target) {
    if (target.type === 'directory' && stat.type !== 'directory')
      throw new Refused('EISDIR', `cannot overwrite directory ${quoted(to)} with non-directory`)
    if (target.type !== 'directory' && stat.type === 'directory')
      throw new Refused('ENOTDIR', `cannot overwrite non-directory ${quoted(to)} with directory ${quoted(from)}`)
    if (target.type === 'directory' && process.files.list(to).length > 0) throw errno('ENOTEMPTY')
    const last = options.last('i', 'n', 'f')
    if (last === 'n' || (options.has('u') && stat.mtime <= target.mtime)) return
    const guarded = last !== 'f' && process.stdin.isTerminal && !process.files.may('w', to)
    if ((last === 'i' || guarded) && !(await confirms(process, `${process.argv[0]}: ${guarded ? 'replace' : 'overwrite'} ${quoted(to)}? `)))
      return
    if (options.has('b', 'backup')) process.files.rename(to, to + (options.value('S') ?? '~'))
  }
  try {
    process.files.rename(from, to)
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'EXDEV') throw error
    await moveAcross(process, from, to)
  }
  if (options.has('v')) await process.stdout.write(`renamed ${quoted(from)} -> ${quoted(to)}\n`)
}

async function moveAcross(process: Process, from: HostText, to: HostText): Promise<void> {
  const copier = new Copier(process, {
    recursive: true,
    keepLinks: true,
    followOperands: false,
    preserve: { mode: true, owner: true, times: true, attributes: true },
    overwrite: 'always',
    force: true,
    link: 'none',
    verbose: false,
    backup: undefined,
    attributesOnly: false,
    removeDestination: false,
  })
  await copier.copy(from, to)
  if (copier.status !== 0) return
  await walkTree(process, from, {
    post: ({ path, stat }) => (stat.type === 'directory' ? process.files.rmdir(path) : process.files.remove(path)),
    failed: (path, error) => complain(process, `cannot remove ${quoted(path)}: ${error.message}`),
  })
}

function messageFor(process: Process, error: HostError, from: HostText, to: HostText): string {
  if (error instanceof Refused) return error.message
  if (isBusyBox(process)) return `can't rename ${quoted(from)}: ${error.message}`
  if (!statIfThere(process, from, false)) return `cannot stat ${quoted(from)}: ${error.message}`
  return `cannot move ${quoted(from)} to ${quoted(to)}: ${error.message}`
}
