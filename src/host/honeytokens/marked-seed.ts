import { HONEYTOKEN_MARK, isHoneytokenKind } from '../../config/honeytoken-kinds.ts'
import type { Persona } from '../../config/persona.ts'
import { type Content, ownCopy } from '../files/content.ts'
import type { SourcedContent, SourceView } from '../files/sourced-content.ts'
import { type HoneytokenMint, honeytokenLength } from './mint.ts'

const BEGIN = '{{honeytoken:'

export function hasHoneytokens(bytes: Buffer): boolean {
  return bytes.includes(BEGIN)
}

/** A seed with its marks filled for one source: from then on its secrets count as shown to it. */
export function fillHoneytokens(
  bytes: Buffer,
  mint: HoneytokenMint,
  { owner, place, source }: { owner: string; place: string; source: string },
): Buffer {
  const text = bytes
    .toString('latin1')
    .replace(HONEYTOKEN_MARK, (mark, kind: string, name: string) =>
      isHoneytokenKind(kind) ? mint.mint({ kind, name, owner, place }, source) : mark,
    )
  return Buffer.from(text, 'latin1')
}

/** {@link fillHoneytokens} for a text that a lure prints. */
export function fillHoneytokenText(text: string, mint: HoneytokenMint, shown: { owner: string; place: string; source: string }): string {
  return fillHoneytokens(Buffer.from(text, 'utf8'), mint, shown).toString('utf8')
}

/** A file of a persona in which secrets stand. The image has it once; each host makes {@link forSource} of it. */
export class MarkedContent implements SourcedContent {
  readonly size: number
  readonly #bytes: Buffer
  readonly #owner: string
  readonly #place: string

  constructor(bytes: Buffer, { name }: Pick<Persona, 'name'>, path: string) {
    this.#bytes = bytes
    this.#owner = name
    this.#place = path
    const marks = bytes.toString('latin1').matchAll(HONEYTOKEN_MARK)
    this.size = [...marks].reduce((size, [mark, kind = '']) => size + (honeytokenLength(kind) ?? mark.length) - mark.length, bytes.length)
  }

  /** As nobody sees it: the marks are still there. */
  read(offset: number, length: number): Buffer {
    return this.#bytes.subarray(offset, offset + length)
  }

  /** The content as this source sees it. Nothing is minted before it is read: `ls` is no look into a file. */
  forSource({ mint, source }: SourceView): Content {
    const fill = (): Buffer => fillHoneytokens(this.#bytes, mint, { owner: this.#owner, place: this.#place, source })
    let filled: Buffer | undefined
    return {
      size: this.size,
      read(offset, length) {
        filled ??= ownCopy(fill())
        return filled.subarray(offset, offset + length)
      },
    }
  }
}
