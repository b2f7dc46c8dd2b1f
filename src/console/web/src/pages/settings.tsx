import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { z } from 'zod'
import type { AccountShape, AuditShape, TokenShape } from '../../../api/shapes.ts'
import { type ApiProblem, get, mayActAs, me, send, whoAmI } from '../api.ts'
import { ago, dayAndClock } from '../format.ts'
import { problemOf, useLoaded } from '../load.ts'
import { PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'

type Account = z.infer<typeof AccountShape>
type Token = z.infer<typeof TokenShape>
type Audit = z.infer<typeof AuditShape>
const ROLES = ['viewer', 'analyst', 'operator'] as const

export function Settings(): JSX.Element {
  const [version, setVersion] = useState(0)
  const [problem, setProblem] = useState<ApiProblem>()
  const act = (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => {
        setProblem(undefined)
        setVersion((n) => n + 1)
        return true
      },
      (error: unknown) => {
        setProblem(problemOf(error))
        return false
      },
    )
  return (
    <>
      <PageHead title="Settings" about={`logged in as ${me.value?.account}, ${me.value?.role}`} />
      <ProblemNote problem={problem} />
      <div class="panels">
        <OwnPassword act={act} />
        <Tokens version={version} act={act} />
        {mayActAs('operator') && <AccountList version={version} act={act} />}
        {mayActAs('operator') && <AuditLog version={version} />}
      </div>
    </>
  )
}

interface SectionProps {
  version: number
  act: (work: Promise<unknown>) => Promise<boolean>
}

function OwnPassword({ act }: Pick<SectionProps, 'act'>): JSX.Element {
  const [isDone, setDone] = useState(false)
  return (
    <Panel title="Own password">
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          const form = event.currentTarget
          const data = new FormData(form)
          void act(send('POST', '/me/password', { password: data.get('password'), next: data.get('next') })).then((isGood) => {
            setDone(isGood)
            if (!isGood) return
            form.reset()
            // The new login has a CSRF token of its own.
            void whoAmI()
          })
        }}
      >
        <label>
          Present password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <label>
          New password, 12 characters at least
          <input name="next" type="password" autocomplete="new-password" minLength={12} required />
        </label>
        <button type="submit">Change</button>
        {isDone && <span class="dim">changed; other browsers are logged out</span>}
      </form>
    </Panel>
  )
}

function Tokens({ version, act }: SectionProps): JSX.Element {
  const { data } = useLoaded((abort) => get<Token[]>('/tokens', {}, abort), [version])
  const [fresh, setFresh] = useState('')
  return (
    <Panel title="API tokens" aside={<span class="dim">Authorization: Bearer …</span>} className="two">
      <table>
        <tbody>
          {data?.map((token) => (
            <tr key={token.id}>
              <td>{token.name}</td>
              <td>{token.role}</td>
              <td class="dim">{token.account}</td>
              <td class="dim">{token.usedAt ? `used ${ago(token.usedAt, Date.now())}` : 'never used'}</td>
              <td class="number">
                <button type="button" class="plain danger" onClick={() => act(send('DELETE', `/tokens/${token.id}`))}>
                  revoke
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <form
        class="fields row"
        onSubmit={(event) => {
          event.preventDefault()
          const form = event.currentTarget
          const data = new FormData(form)
          const made = send<{ token: string }>('POST', '/tokens', { name: data.get('name'), role: data.get('role') }).then(({ token }) =>
            setFresh(token),
          )
          void act(made).then((isGood) => isGood && form.reset())
        }}
      >
        <input name="name" placeholder="what it is for" aria-label="what it is for" required maxLength={60} />
        <RoleSelect />
        <button type="submit">Make a token</button>
      </form>
      {fresh && (
        <p class="fresh">
          Copy it now, it is not shown again: <code class="mono">{fresh}</code>
        </p>
      )}
    </Panel>
  )
}

function AccountList({ version, act }: SectionProps): JSX.Element {
  const { data } = useLoaded((abort) => get<Account[]>('/accounts', {}, abort), [version])
  return (
    <Panel title="Accounts" className="full">
      <table>
        <tbody>
          {data?.map((account) => (
            <tr key={account.name}>
              <td>{account.name}</td>
              <td>
                <RoleSelect value={account.role} onChange={(role) => act(send('PATCH', `/accounts/${account.name}`, { role }))} />
              </td>
              <td class="dim">since {dayAndClock(account.createdAt).slice(0, 10)}</td>
              <td class="number">
                {account.name !== me.value?.account && (
                  <button type="button" class="plain danger" onClick={() => act(send('DELETE', `/accounts/${account.name}`))}>
                    remove
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <form
        class="fields row"
        onSubmit={(event) => {
          event.preventDefault()
          const form = event.currentTarget
          const data = new FormData(form)
          const body = { name: data.get('name'), password: data.get('password'), role: data.get('role') }
          void act(send('POST', '/accounts', body)).then((isGood) => isGood && form.reset())
        }}
      >
        <input name="name" placeholder="name" aria-label="name" required maxLength={40} autocomplete="off" />
        <input
          name="password"
          type="password"
          placeholder="password (12 characters)"
          aria-label="password"
          required
          minLength={12}
          autocomplete="new-password"
        />
        <RoleSelect />
        <button type="submit">Add an account</button>
      </form>
    </Panel>
  )
}

function RoleSelect({ value, onChange }: { value?: string; onChange?: (role: string) => void }): JSX.Element {
  return (
    <select name="role" aria-label="role" value={value ?? 'viewer'} onChange={(event) => onChange?.(event.currentTarget.value)}>
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {role}
        </option>
      ))}
    </select>
  )
}

function AuditLog({ version }: { version: number }): JSX.Element {
  const { data } = useLoaded((abort) => get<Audit[]>('/audit', {}, abort), [version])
  return (
    <Panel title="Audit log" className="full">
      <table>
        <tbody>
          {data?.map((entry) => (
            <tr key={`${entry.time} ${entry.action} ${entry.detail}`}>
              <td class="mono dim">{dayAndClock(entry.time)}</td>
              <td>
                <Untrusted text={entry.account} oneLine />
              </td>
              <td class="mono dim">{entry.address}</td>
              <td>{entry.action}</td>
              <td class="mono">
                <Untrusted text={entry.detail} oneLine />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
