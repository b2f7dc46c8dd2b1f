import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'

const Rules = z.array(
  z.strictObject({
    protocol: z.string().regex(/^[a-z0-9-]{1,40}$/),
    /** Nibbles: a digit, `.` for any, or a set such as `[0-3]`. */
    hex: z
      .string()
      .regex(/^(?:[0-9a-f.]|\[[0-9a-f-]{1,16}\]|\s)+$/, 'nibbles, "." for any, or a set such as [0-3]')
      .optional(),
    text: z.array(z.string().min(1)).optional(),
    anyCase: z.boolean().default(false),
    /** Standard port of the lure that plays the protocol. */
    door: z.number().int().min(1).max(65535).optional(),
  }),
)

export interface Recognised {
  protocol: string
  door: number | undefined
}

interface Rule extends Recognised {
  /** Whether the bytes begin so; `maybe` when they are too few to say. */
  fits(bytes: Buffer): 'yes' | 'maybe' | 'no'
}

const file = join(import.meta.dirname, 'rules.yaml')
const rules: readonly Rule[] = Rules.parse(parseYaml(file, readFileSync(file, 'utf8'), Rules)).flatMap(
  ({ protocol, hex, text = [], anyCase, door }) => [
    ...(hex === undefined ? [] : [{ protocol, door, fits: byNibbles(nibblesOf(hex)) }]),
    ...text.map((beginning) => ({ protocol, door, fits: byText(Buffer.from(beginning, 'latin1'), anyCase) })),
  ],
)

/**
 * What the first bytes of a client are.
 * @returns the first rule that fits; `maybe` when none does yet and more bytes could; undefined when no rule ever will
 */
export function recognise(bytes: Buffer): Recognised | 'maybe' | undefined {
  let open = false
  for (const { protocol, door, fits } of rules) {
    const verdict = fits(bytes)
    // An earlier rule that may still fit is more special than a later one that does.
    if (verdict === 'yes' && !open) return { protocol, door }
    if (verdict !== 'no') open = true
  }
  return open ? 'maybe' : undefined
}

/** As {@link recognise} when no more bytes come: a rule that wants more does not fit. */
export function recogniseWhole(bytes: Buffer): Recognised | undefined {
  const rule = rules.find(({ fits }) => fits(bytes) === 'yes')
  return rule && { protocol: rule.protocol, door: rule.door }
}

/** For each nibble the values that fit. */
function nibblesOf(pattern: string): (ReadonlySet<number> | undefined)[] {
  return [...pattern.replace(/\s/g, '').matchAll(/\[([^\]]+)\]|(.)/g)].map(([, set, one]) => {
    if (one === '.') return undefined
    if (one !== undefined) return new Set([Number.parseInt(one, 16)])
    const values = [...(set ?? '').matchAll(/([0-9a-f])-([0-9a-f])|([0-9a-f])/g)].flatMap(([, from, to, single]) => {
      const low = Number.parseInt(from ?? single ?? '0', 16)
      const high = Number.parseInt(to ?? single ?? '0', 16)
      return Array.from({ length: high - low + 1 }, (_, i) => low + i)
    })
    return new Set(values)
  })
}

function byNibbles(nibbles: readonly (ReadonlySet<number> | undefined)[]): Rule['fits'] {
  return (bytes) => {
    for (const [i, wanted] of nibbles.entries()) {
      const byte = bytes[i >> 1]
      if (byte === undefined) return 'maybe'
      if (wanted && !wanted.has(i % 2 === 0 ? byte >> 4 : byte & 0xf)) return 'no'
    }
    return 'yes'
  }
}

function byText(beginning: Buffer, anyCase: boolean): Rule['fits'] {
  const fold = (bytes: Buffer): string => (anyCase ? bytes.toString('latin1').toLowerCase() : bytes.toString('latin1'))
  const wanted = fold(beginning)
  return (bytes) => {
    const head = fold(bytes.subarray(0, beginning.length))
    if (!wanted.startsWith(head)) return 'no'
    return head.length === wanted.length ? 'yes' : 'maybe'
  }
}
