import type { HostText, Process } from '../../command.ts'

/** Letters of ext4's flags in the order in which lsattr prints them, with a dash for those that have none. */
const SHOWN = 'suSDiadAcEjItTeCxFNPVm'
export const ATTRIBUTE_LETTERS = 'aAcCdDeijPsStTuFx'

/** Flags of a file; extents (`e`) have all that mkfs of today makes. */
export function attributesOf(process: Process, path: HostText): ReadonlySet<string> {
  return new Set(`e${process.files.flags(path)}`)
}

export function setAttributes(process: Process, path: HostText, changes: readonly { sign: string; letters: string }[]): void {
  const own = new Set(attributesOf(process, path))
  for (const { sign, letters } of changes) {
    if (sign === '=') own.clear()
    for (const letter of letters) sign === '-' ? own.delete(letter) : own.add(letter)
  }
  own.delete('e')
  process.files.setFlags(path, [...own].join(''))
}

export function attributeText(set: ReadonlySet<string>): string {
  return [...SHOWN].map((letter) => (set.has(letter) ? letter : '-')).join('')
}
