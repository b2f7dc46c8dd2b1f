import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { printable } from '../../../../events/printable.ts'
import { apiAddress, get, mayActAs } from '../api.ts'
import { ago, count, dayAndClock } from '../format.ts'
import { useKeys } from '../keyboard.ts'
import { useLoaded } from '../load.ts'
import { Country, NewBadge } from '../parts/badges.tsx'
import { isNarrow } from '../parts/narrow.ts'
import { PageHead, ProblemNote } from '../parts/panel.tsx'
import type { CountedValue } from '../parts/top-list.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { VirtualList } from '../parts/virtual-list.tsx'
import { now, period } from '../period.ts'
import { sessionsWith } from '../query.ts'
import { link, navigate, parameter, withParameters } from '../router.ts'

interface Value extends CountedValue {
  lastSeen: number
}

interface Answer {
  values: number
  count: number
  facts: Value[]
}

interface ValuesProps {
  title: string
  about: string
  /** Fields to choose from, the first one unless the address says otherwise. */
  fields: readonly { field: string; label: string }[]
  /** Where a row leads; to its sessions unless given. */
  to?: (value: string) => string
  actions?: JSX.Element | null
}

/** Values of a field by how often they were seen, with what is new: the table that operators read each morning. */
export function Values({ title, about, fields, to, actions }: ValuesProps): JSX.Element {
  const { since, until } = period.value
  const field = fields.find((one) => one.field === parameter('field')) ?? fields[0]
  const contains = parameter('contains')
  const isNew = parameter('new') === '1'
  const name = field?.field ?? ''
  const { data, problem } = useLoaded((abort) => get<Answer>(`/facts/${name}`, { since, until, limit: 1 }, abort), [name, since, until])
  const hrefOf = (value: string): string => to?.(value) ?? sessionsWith(name, value)
  const isFiltered = contains !== '' || isNew
  return (
    <>
      <PageHead ofPeriod title={title} about={data ? `${count(data.values)} different, ${count(data.count)} in all; ${about}` : about}>
        {actions}
      </PageHead>
      <div class="filters">
        {fields.length > 1 && (
          <span class="tabs inline">
            {fields.map((one, n) => (
              <button
                key={one.field}
                type="button"
                aria-pressed={one === field}
                onClick={() => navigate(withParameters({ field: n === 0 ? '' : one.field }))}
              >
                {one.label}
              </button>
            ))}
          </span>
        )}
        <ContainsBox given={contains} />
        <label class="check">
          <input
            type="checkbox"
            checked={isNew}
            onChange={(event) => navigate(withParameters({ new: event.currentTarget.checked ? '1' : '' }))}
          />{' '}
          only new
        </label>
      </div>
      <ProblemNote problem={problem} />
      <VirtualList<Value>
        label={title}
        list={`${name} ${contains} ${isNew} ${since} ${until}`}
        load={(offset, limit, abort) =>
          get<Answer>(`/facts/${name}`, { since, until, offset, limit, contains, isNew: isNew || undefined }, abort).then(
            ({ facts }) => facts,
          )
        }
        total={isFiltered ? undefined : data?.values}
        rowHeight={isNarrow.value ? 56 : 34}
        head={
          <div class="value-grid">
            <span class="number">Count</span>
            <span>{field?.label}</span>
            <span>First seen</span>
            <span>Last seen (UTC)</span>
          </div>
        }
        row={(fact) => (
          <div class="value-grid">
            <span class="cell number mono">{count(fact.count)}</span>
            <a class="cell mono value-cell" href={hrefOf(fact.value)} title={printable(fact.value.slice(0, 1000))}>
              {fact.isNew && <NewBadge />}
              {fact.country && <Country code={fact.country} />}
              <Untrusted text={fact.value} oneLine />
            </a>
            <span class="cell dim" title={dayAndClock(fact.firstSeen)}>
              {ago(fact.firstSeen, now.value)}
            </span>
            <span class="cell mono dim">{dayAndClock(fact.lastSeen)}</span>
          </div>
        )}
        onOpen={({ value }) => navigate(hrefOf(value))}
        empty={isFiltered ? 'nothing in this period has that' : 'nothing in this period'}
      />
    </>
  )
}

function ContainsBox({ given }: { given: string }): JSX.Element {
  const box = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(given)
  useEffect(() => setText(given), [given])
  useKeys([{ key: '/', what: 'search', run: () => box.current?.select() }])
  return (
    <form
      class="query-box small"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        navigate(withParameters({ contains: text }))
        box.current?.blur()
      }}
    >
      <span class="query-mark" aria-hidden="true">
        ⌕
      </span>
      <input
        ref={box}
        class="mono"
        value={text}
        placeholder="contains … (* = anything)"
        aria-label="contains"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <kbd>/</kbd>
    </form>
  )
}

export const Commands = (): JSX.Element => (
  <Values
    title="Commands"
    about="whole, as they were typed"
    fields={[
      { field: 'input', label: 'Command' },
      { field: 'answer', label: 'Model answer' },
    ]}
  />
)

export const Requests = (): JSX.Element => (
  <Values
    title="HTTP requests"
    about="of every lure that speaks HTTP"
    fields={[
      { field: 'request', label: 'Request' },
      { field: 'user_agent', label: 'User agent' },
      { field: 'ja4h', label: 'JA4H' },
    ]}
  />
)

export const Sources = (): JSX.Element => (
  <Values
    title="Sources"
    about="by visits"
    fields={[
      { field: 'src_ip', label: 'Address' },
      { field: 'country', label: 'Country' },
      { field: 'asn', label: 'Network' },
      { field: 'hassh', label: 'HASSH' },
      { field: 'client', label: 'Client' },
    ]}
    to={(value) =>
      /^[0-9a-f.:]+$/i.test(value) && /[.:]/.test(value) ? link(`/sources/${value}`) : sessionsWith(parameter('field') || 'src_ip', value)
    }
  />
)

export function Credentials(): JSX.Element {
  const { since, until } = period.value
  const actions = mayActAs('analyst') ? (
    <>
      <a class="button" href={apiAddress('/credentials/wordlist', { since, until })} download>
        word list
      </a>
      <a class="button" href={apiAddress('/credentials/hashcat')} download>
        hashcat
      </a>
    </>
  ) : null
  return (
    <Values
      title="Credentials"
      about="tried at any lure"
      fields={[
        { field: 'credential', label: 'Pair' },
        { field: 'username', label: 'User' },
        { field: 'password', label: 'Password' },
      ]}
      actions={actions}
    />
  )
}
