import type { JSX } from 'preact'
import { pieces } from '../../../../events/printable.ts'

/**
 * Text of an attacker or a model: always text nodes, never markup. Characters that would be obeyed rather than shown stand
 * there in their written form and look different from the same letters written by hand.
 */
export function Untrusted({ text, oneLine = false }: { text: string; oneLine?: boolean }): JSX.Element {
  const shown = oneLine ? text.replaceAll('\r\n', '\n') : text
  return (
    <bdi class={oneLine ? 'untrusted one-line' : 'untrusted'}>
      {pieces(shown).flatMap((piece) => {
        if (piece.control) return [<span class="control">{piece.text}</span>]
        if (!oneLine) return [piece.text]
        return piece.text
          .split(/(\n|\t)/)
          .map((part) => (part === '\n' || part === '\t' ? <span class="control">{part === '\n' ? '⏎' : '⇥'}</span> : part))
      })}
    </bdi>
  )
}
