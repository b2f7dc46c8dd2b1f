import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { me, send } from './api.ts'
import { keysNow, useKeys } from './keyboard.ts'
import { Alerts } from './pages/alerts.tsx'
import { Artifact, Artifacts } from './pages/artifacts.tsx'
import { Attack } from './pages/attack.tsx'
import { Campaign, Campaigns } from './pages/campaigns.tsx'
import { Dataset, Datasets } from './pages/datasets.tsx'
import { Experiment, Experiments } from './pages/experiments.tsx'
import { Health } from './pages/health.tsx'
import { Honeytokens } from './pages/honeytokens.tsx'
import { Live } from './pages/live.tsx'
import { Login, SetUp } from './pages/login.tsx'
import { Overview } from './pages/overview.tsx'
import { Playground } from './pages/playground.tsx'
import { Prompt, Prompts } from './pages/prompts.tsx'
import { Recognised } from './pages/recognised.tsx'
import { Review } from './pages/review.tsx'
import { Sensors } from './pages/sensors.tsx'
import { Session } from './pages/session.tsx'
import { Sessions } from './pages/sessions.tsx'
import { Settings } from './pages/settings.tsx'
import { Source } from './pages/source.tsx'
import { Commands, Credentials, Requests, Sources } from './pages/values.tsx'
import { isNarrow } from './parts/narrow.ts'
import { refresh } from './period.ts'
import { address, link, navigate, parameter, path } from './router.ts'
import { theme, toggleTheme } from './theme.ts'

interface Page {
  /** First part of the path. */
  at: string
  title: string
  /** Second character of `g …`. */
  key: string
  view: () => JSX.Element
  /** The page of one thing: `/sessions/ID`. */
  one?: (id: string) => JSX.Element
}

/** The menu in its order, in groups. */
const GROUPS: readonly { title: string; pages: readonly Page[] }[] = [
  {
    title: 'Watch',
    pages: [
      { at: '', title: 'Overview', key: 'o', view: () => <Overview /> },
      { at: 'live', title: 'Live', key: 'l', view: () => <Live /> },
      { at: 'sessions', title: 'Sessions', key: 's', view: () => <Sessions />, one: (id) => <Session key={id} id={id} /> },
    ],
  },
  {
    title: 'Seen',
    pages: [
      { at: 'commands', title: 'Commands', key: 'c', view: () => <Commands /> },
      { at: 'requests', title: 'HTTP requests', key: 'h', view: () => <Requests /> },
      { at: 'credentials', title: 'Credentials', key: 'p', view: () => <Credentials /> },
      { at: 'sources', title: 'Sources', key: 'i', view: () => <Sources />, one: (ip) => <Source key={ip} ip={ip} /> },
      {
        at: 'artifacts',
        title: 'Artifacts',
        key: 'f',
        view: () => <Artifacts />,
        one: (sha256) => <Artifact key={sha256} sha256={sha256} />,
      },
    ],
  },
  {
    title: 'Understood',
    pages: [
      {
        at: 'campaigns',
        title: 'Campaigns',
        key: 'm',
        view: () => <Campaigns />,
        one: (id) => <Campaign key={id} id={id} />,
      },
      { at: 'alerts', title: 'Alerts', key: 'n', view: () => <Alerts /> },
      { at: 'attack', title: 'ATT&CK', key: 'a', view: () => <Attack /> },
      { at: 'honeytokens', title: 'Honeytokens', key: 'k', view: () => <Honeytokens /> },
      { at: 'recognised', title: 'Recognised?', key: 'r', view: () => <Recognised /> },
    ],
  },
  {
    title: 'Tune',
    pages: [
      { at: 'review', title: 'Review', key: 'v', view: () => <Review /> },
      { at: 'prompts', title: 'Prompts', key: 't', view: () => <Prompts />, one: (name) => <Prompt key={name} persona={name} /> },
      { at: 'playground', title: 'Playground', key: 'y', view: () => <Playground /> },
      { at: 'datasets', title: 'Datasets', key: 'b', view: () => <Datasets />, one: (name) => <Dataset key={name} name={name} /> },
      { at: 'experiments', title: 'Experiments', key: 'e', view: () => <Experiments />, one: (id) => <Experiment key={id} id={id} /> },
    ],
  },
  {
    title: 'Sensor',
    pages: [
      { at: 'sensors', title: 'Sensors', key: 'u', view: () => <Sensors /> },
      { at: 'health', title: 'Health', key: 'd', view: () => <Health /> },
      { at: 'settings', title: 'Settings', key: ',', view: () => <Settings /> },
    ],
  },
]
const PAGES = GROUPS.flatMap(({ pages }) => pages)

export function App(): JSX.Element | null {
  if (me.value === undefined) return null
  if (path.value === '/set-up') return <SetUp />
  if (me.value === null) return <Login />
  return <Console />
}

function Console(): JSX.Element {
  const [, first = '', second] = path.value.split('/')
  const page = PAGES.find(({ at }) => at === first)
  const [isHelpOpen, setHelp] = useState(false)
  const [isMenuOpen, setMenu] = useState(false)
  useEffect(() => setMenu(false), [address.value])
  useKeys([
    { key: '?', what: 'this list', run: () => setHelp(!isHelpOpen) },
    { key: '.', what: 'look again', run: refresh },
    ...PAGES.map(({ at, title, key }) => ({ key: `g ${key}`, what: title, run: () => navigate(link(`/${at}`)) })),
  ])
  const isKiosk = parameter('kiosk') === '1'
  return (
    <div class={isKiosk ? 'console kiosk' : 'console'}>
      {!isKiosk && <Menu current={page} isOpen={!isNarrow.value || isMenuOpen} onHelp={() => setHelp(true)} />}
      <div class="main">
        {isNarrow.value && !isKiosk && (
          <header class="top">
            <button type="button" class="icon" aria-label="menu" aria-expanded={isMenuOpen} onClick={() => setMenu(!isMenuOpen)}>
              ☰
            </button>
            <span class="brand">{page?.title}</span>
          </header>
        )}
        <main id="view">{page === undefined ? <Nowhere /> : second && page.one ? page.one(decodeURIComponent(second)) : page.view()}</main>
      </div>
      {isHelpOpen && <Help onClose={() => setHelp(false)} />}
    </div>
  )
}

interface MenuProps {
  current: Page | undefined
  isOpen: boolean
  onHelp: () => void
}

function Menu({ current, isOpen, onHelp }: MenuProps): JSX.Element {
  return (
    <nav class="menu" aria-label="pages" hidden={!isOpen}>
      <a class="brand" href={link('/')}>
        <img src="/sundew.svg" alt="" width="26" height="26" />
        <span>Sundew</span>
        <span class="dim sensor-name">{me.value?.sensor}</span>
      </a>
      {GROUPS.map(({ title, pages }) => (
        <section key={title}>
          <h2>{title}</h2>
          {pages.map((page) => (
            <a key={page.at} href={link(`/${page.at}`)} aria-current={page === current ? 'page' : undefined} title={`g ${page.key}`}>
              {page.title}
            </a>
          ))}
        </section>
      ))}
      <span class="spacer" />
      <div class="who">
        <button
          type="button"
          class="icon"
          title={`change to ${theme.value === 'dark' ? 'light' : 'dark'}`}
          aria-label="change between dark and light"
          onClick={toggleTheme}
        >
          {theme.value === 'dark' ? '☀' : '☾'}
        </button>
        <button type="button" class="icon" title="keys (?)" aria-label="keys" onClick={onHelp}>
          ?
        </button>
        <span class="spacer" />
        <span class="who-name" title={me.value?.role}>
          {me.value?.account}
        </span>
        <button
          type="button"
          class="plain"
          onClick={() => {
            void send('POST', '/logout').finally(() => {
              me.value = null
              navigate('/')
            })
          }}
        >
          log out
        </button>
      </div>
    </nav>
  )
}

function Help({ onClose }: { onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="help" aria-label="keys" onClose={onClose}>
      <header class="panel-head">
        <h2>Keys</h2>
        <span class="spacer" />
        <button type="button" class="plain" onClick={onClose}>
          close
        </button>
      </header>
      <dl>
        {keysNow().map(({ key, what }) => (
          <div key={key}>
            <dt>
              {(key === ' ' ? ['Space'] : key.split(' ')).map((part) => (
                <kbd key={part}>{part}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="dim">
        A click on a value narrows the list to it, Alt-click excludes it, Shift-click opens it in another window. All times are UTC.
      </p>
    </dialog>
  )
}

function Nowhere(): JSX.Element {
  return (
    <div class="empty">
      There is no such page. <a href="/">To the overview</a>
    </div>
  )
}
