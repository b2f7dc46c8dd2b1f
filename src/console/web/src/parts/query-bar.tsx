import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ApiProblem } from '../api.ts'
import { useKeys } from '../keyboard.ts'
import { navigate, parameter, withParameters } from '../router.ts'

const EXAMPLES = [
  'lure:ssh and turns > 3',
  'src_ip:203.0.113.0/24',
  'input:"wget" and not source:static',
  'attack:T1105',
  'cve:*',
  'username:(root or admin) and artifacts >= 1',
]

/** The query of a list, held in the address. `/` goes to it. */
export function QueryBar({ problem }: { problem: ApiProblem | undefined }): JSX.Element {
  const box = useRef<HTMLInputElement>(null)
  const given = parameter('q')
  const [text, setText] = useState(given)
  useEffect(() => setText(given), [given])
  useKeys([{ key: '/', what: 'search', run: () => box.current?.select() }])
  const isWrong = problem?.status === 400
  return (
    <form
      class="query"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        navigate(withParameters({ q: text.trim() }))
        box.current?.blur()
      }}
    >
      <div class={isWrong ? 'query-box wrong' : 'query-box'}>
        <span class="query-mark" aria-hidden="true">
          ⌕
        </span>
        <input
          ref={box}
          class="mono"
          value={text}
          spellcheck={false}
          autocomplete="off"
          aria-label="query"
          placeholder="src_ip:203.0.113.7 and lure:ssh and not source:static"
          list="query-examples"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
        <datalist id="query-examples">
          {EXAMPLES.map((example) => (
            <option key={example} value={example} />
          ))}
        </datalist>
        {text && (
          <button
            type="button"
            class="plain"
            title="clear"
            aria-label="clear the query"
            onClick={() => navigate(withParameters({ q: '' }))}
          >
            ✕
          </button>
        )}
        <kbd>/</kbd>
      </div>
      {isWrong && (
        <p class="query-problem mono" role="alert">
          {problem.at !== undefined && problem.at < text.length && (
            <span>
              {text.slice(0, problem.at)}
              <mark>{text.slice(problem.at)}</mark>
              {' — '}
            </span>
          )}
          {problem.message}
        </p>
      )}
    </form>
  )
}
