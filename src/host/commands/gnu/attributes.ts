import type { HostText, Process, World } from '../../command.ts'

/** Letters of ext4's flags in the order in which lsattr prints them, with a dash for those that have none. */
const SHOWN = 'suSDiadAcEjItTeCxFNPVm'
export const ATTRIBUTE_LETTERS = 'aAcCdDeijPsStTuFx'

/** Flags that chattr set, by inode; nothing keeps an immutable file from being changed, only lsattr tells of it. */
const flags = new WeakMap<World, Map<number, Set<string>>>()

export function attributesOf(process: Process, path: HostText): ReadonlySet<string> {
  const { inode } = process.files.stat(path)
  return flags.get(process.world)?.get(inode) ?? new Set(['e'])
}

export function setAttributes(process: Process, path: HostText, changes: readonly { sign: string; letters: string }[]): void {
  const { inode } = process.files.stat(path)
  const all = flags.get(process.world) ?? new Map<number, Set<string>>()
  flags.set(process.world, all)
  const own = new Set(all.get(inode) ?? ['e'])
  for (const { sign, letters } of changes) {
    if (sign === '=') own.clear()
    for (const letter of letters) sign === '-' ? own.delete(letter) : own.add(letter)
  }
  all.set(inode, own)
}

export function attributeText(set: ReadonlySet<string>): string {
  return [...SHOWN].map((letter) => (set.has(letter) ? letter : '-')).join('')
}
