import type { ComponentChildren, JSX } from 'preact'
import type { ApiProblem } from '../api.ts'
import { PeriodPicker } from './period-picker.tsx'

export function Panel({
  title,
  aside,
  children,
  className = '',
}: {
  title?: string
  aside?: ComponentChildren
  children: ComponentChildren
  className?: string
}): JSX.Element {
  return (
    <section class={`panel ${className}`}>
      {title !== undefined && (
        <header class="panel-head">
          <h2>{title}</h2>
          <span class="spacer" />
          {aside}
        </header>
      )}
      {children}
    </section>
  )
}

export function Empty({ children }: { children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>
}

export function ProblemNote({ problem }: { problem: ApiProblem | undefined }): JSX.Element | null {
  if (!problem) return null
  return (
    <p class="problem" role="alert">
      {problem.message}
    </p>
  )
}

interface PageHeadProps {
  title: string
  /** What the view is for, in one line. */
  about?: ComponentChildren
  /** Whether the view is of a period. */
  ofPeriod?: boolean
  /** Actions. */
  children?: ComponentChildren
}

export function PageHead({ title, about, ofPeriod = false, children }: PageHeadProps): JSX.Element {
  return (
    <header class="page-head">
      <div class="page-title">
        <h1>{title}</h1>
        {about && <div class="about">{about}</div>}
      </div>
      <div class="actions">
        {children}
        {ofPeriod && <PeriodPicker />}
      </div>
    </header>
  )
}
