import { dirName, gnuCommand, joinPath } from './gnu/command.ts'
import { Copier, type CopyPolicy } from './gnu/copy.ts'
import { destinations } from './gnu/destination.ts'
import type { Options } from './gnu/options.ts'
import { makeFolders } from './gnu/tree.ts'

export default gnuCommand({
  name: 'cp',
  usage: ['[OPTION]... [-T] SOURCE DEST', '[OPTION]... SOURCE... DIRECTORY', '[OPTION]... -t DIRECTORY SOURCE...'],
  about: 'Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.',
  authors: 'Torbjorn Granlund, David MacKenzie, and Jim Meyering',
  short: 'abdfHilLnPprRsS:t:TuvxZ',
  long: {
    archive: 'a',
    backup: 'backup?',
    force: 'f',
    interactive: 'i',
    link: 'l',
    dereference: 'L',
    'no-clobber': 'n',
    'no-dereference': 'P',
    preserve: 'preserve?',
    'no-preserve': 'no-preserve=',
    parents: 'parents',
    recursive: 'r',
    reflink: 'reflink?',
    'remove-destination': 'remove-destination',
    sparse: 'sparse=',
    'strip-trailing-slashes': 'strip-trailing-slashes',
    'symbolic-link': 's',
    suffix: 'S',
    'target-directory': 't',
    'no-target-directory': 'T',
    update: 'u',
    verbose: 'v',
    'one-file-system': 'x',
    'attributes-only': 'attributes-only',
    'copy-contents': 'copy-contents',
  },
  async run(process, options) {
    const copier = new Copier(process, policyOf(options))
    for (const { from, to } of destinations(process, options)) {
      const place = options.has('parents') ? joinPath(options.value('t') ?? (options.operands.at(-1) as string), from) : to
      if (options.has('parents')) makeFolders(process, dirName(place))
      await copier.copy(from, place)
    }
    return copier.status
  },
})

function policyOf(options: Options): CopyPolicy {
  const recursive = options.has('r', 'R', 'a')
  const links = options.last('L', 'P', 'd', 'a', 'H')
  const preserved = (options.value('preserve') ?? (options.has('preserve') ? 'mode,ownership,timestamps' : '')).split(',')
  const keep = (name: string): boolean => options.has('p', 'a') || preserved.includes(name) || preserved.includes('all')
  const last = options.last('i', 'n', 'f')
  return {
    recursive,
    keepLinks: links === undefined ? recursive : links !== 'L',
    followOperands: options.has('H'),
    preserve: {
      mode: keep('mode'),
      owner: keep('ownership'),
      times: keep('timestamps'),
      attributes: options.has('a') || preserved.some((name) => name === 'xattr' || name === 'all'),
    },
    overwrite: last === 'n' ? 'never' : last === 'i' ? 'ask' : options.has('u') ? 'newer' : 'always',
    force: options.has('f'),
    link: options.has('l') ? 'hard' : options.has('s') ? 'symbolic' : 'none',
    verbose: options.has('v'),
    backup: options.has('b', 'backup') ? (options.value('S') ?? '~') : undefined,
    attributesOnly: options.has('attributes-only'),
    removeDestination: options.has('remove-destination'),
  }
}
