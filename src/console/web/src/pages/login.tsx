import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { type ApiProblem, get, send, whoAmI } from '../api.ts'
import { problemOf, useLoaded } from '../load.ts'
import { ProblemNote } from '../parts/panel.tsx'
import { navigate, parameter } from '../router.ts'

export function Login(): JSX.Element {
  const { busy, problem, submit } = useDoor(async (name, password) => {
    await send('POST', '/login', { name, password })
    await whoAmI()
  })
  return (
    <Door title="Sundew" busy={busy} problem={problem} submit={submit} action="Log in" passwordHint="current-password">
      <p class="dim">The operator's console of this sensor.</p>
    </Door>
  )
}

/** Where the link that the first start prints leads to. */
export function SetUp(): JSX.Element {
  const secret = parameter('secret')
  const { data } = useLoaded((abort) => get<{ good: boolean }>('/set-up', { secret }, abort), [secret])
  const { busy, problem, submit } = useDoor(async (name, password) => {
    await send('POST', '/set-up', { secret, name, password })
    await whoAmI()
    navigate('/', { replace: true })
  })
  if (data && !data.good) {
    return (
      <main class="door">
        <div class="door-box">
          <h1>This link is not good any more</h1>
          <p class="dim">It works once, for a day, and only while there is no account. Restart Sundew for a new one.</p>
          <a href="/">To the login</a>
        </div>
      </main>
    )
  }
  return (
    <Door title="First account" busy={busy} problem={problem} submit={submit} action="Make the account" passwordHint="new-password">
      <p class="dim">It becomes the operator of this sensor: it can add others. At least 12 characters for the password.</p>
    </Door>
  )
}

interface DoorProps {
  title: string
  action: string
  busy: boolean
  problem: ApiProblem | undefined
  submit: (name: string, password: string) => void
  passwordHint: string
  children: JSX.Element
}

function Door({ title, action, busy, problem, submit, passwordHint, children }: DoorProps): JSX.Element {
  return (
    <main class="door">
      <form
        class="door-box"
        onSubmit={(event) => {
          event.preventDefault()
          const form = new FormData(event.currentTarget)
          submit(String(form.get('name')), String(form.get('password')))
        }}
      >
        <img src="/sundew.svg" alt="" width="44" height="44" />
        <h1>{title}</h1>
        {children}
        <label>
          Name
          <input name="name" autocomplete="username" required maxLength={40} autofocus />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autocomplete={passwordHint}
            required
            minLength={passwordHint === 'new-password' ? 12 : 1}
          />
        </label>
        <ProblemNote problem={problem} />
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'one moment …' : action}
        </button>
      </form>
    </main>
  )
}

function useDoor(enter: (name: string, password: string) => Promise<void>) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const submit = (name: string, password: string): void => {
    setBusy(true)
    setProblem(undefined)
    enter(name, password)
      .catch((error: unknown) => setProblem(problemOf(error)))
      .finally(() => setBusy(false))
  }
  return { busy, problem, submit }
}
