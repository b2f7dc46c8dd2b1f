import type { Machine } from './machine.ts'
import { groupText } from './regex.ts'
import type { Value } from './value.ts'

/** `$1`, `$&`, `$.` and others that are made up when they are asked for. */
export function specialVariable(machine: Machine, name: string): { value: Value } | undefined {
  const { match } = machine
  if (/^[1-9]\d*$/.test(name)) return { value: match && groupText(match.subject, match.offsets, Number(name)) }
  switch (name) {
    case '&':
      return { value: match && groupText(match.subject, match.offsets, 0) }
    case '`':
      return { value: match?.subject.slice(0, match.offsets[0]) }
    case "'":
      return { value: match?.subject.slice(match.offsets[1]) }
    case '+': {
      const offsets = match?.offsets ?? []
      for (let group = offsets.length / 2 - 1; group > 0; group--) {
        const found = match && groupText(match.subject, offsets, group)
        if (found !== undefined) return { value: found }
      }
      return { value: undefined }
    }
    case '.':
      return { value: machine.lastRead?.line }
    default:
      return undefined
  }
}
