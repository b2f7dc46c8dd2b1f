import type { JSX } from 'preact'
import type { Step } from '../../../api/shapes.ts'
import { apiAddress } from '../api.ts'

const HEAD = 8_000

export function isPage({ kind, output }: Step): boolean {
  if (kind !== 'web' || !output.startsWith('HTTP/')) return false
  // As the transcript writes bytes: an answer that is no text has its line ends escaped.
  const lines = output.slice(0, HEAD).split(/\r?\n|\\x0d\\x0a/)
  const end = lines.indexOf('')
  return lines.slice(0, end < 0 ? undefined : end).some((line) => /^content-type: *(?:text\/html|application\/xhtml)/i.test(line))
}

/** A page as a browser draws it. The frame gives it no rights, and its answer none either; a click goes nowhere. */
export function Picture({ session, step }: { session: string; step: Step }): JSX.Element {
  return (
    <iframe
      class="picture"
      sandbox=""
      loading="lazy"
      title={`page ${String(step.detail?.target ?? '').slice(0, 80)}`}
      referrerpolicy="no-referrer"
      tabindex={-1}
      src={apiAddress(`/sessions/${session}/pictures/${step.event}`)}
    />
  )
}
