import type { JSX } from 'preact'
import type { DiffShape } from '../../../api/lab-shapes.ts'
import { Untrusted } from './untrusted.tsx'

const SIGN = { same: ' ', old: '−', new: '+' } as const
/** Unchanged lines shown around a change. */
const AROUND = 2

/** What changed between two versions; unchanged lines far from a change are left out. */
export function Diff({ diff }: { diff: DiffShape }): JSX.Element {
  const changed = diff.texts.filter((text) => text.changed)
  if (changed.length === 0) return <p class="empty">the same texts</p>
  return (
    <>
      {changed.map(({ file, lines }) => (
        <div key={file}>
          <h3 class="mono">{file}</h3>
          <pre class="diff">
            {lines.map((line, n) =>
              lines.slice(Math.max(0, n - AROUND), n + AROUND + 1).some(({ kind }) => kind !== 'same') ? (
                <div key={n} class={`diff-${line.kind}`}>
                  {SIGN[line.kind]} <Untrusted text={line.text} />
                </div>
              ) : null,
            )}
          </pre>
        </div>
      ))}
    </>
  )
}
