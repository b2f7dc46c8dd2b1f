import { useLayoutEffect } from 'preact/hooks'

export interface Key {
  key: string
  what: string
  run: () => void
}

/** Keys that do something now, of what was shown last first. */
const active: Key[][] = []
let pending = ''
let pendingSince = 0
const PAIR_MS = 900

/** Offers keys for as long as the calling component is shown. Two characters (`g o`) are pressed one after the other. */
export function useKeys(keys: readonly Key[]): void {
  // Before the page is painted: who sees a form can use its keys.
  useLayoutEffect(() => {
    const own = [...keys]
    active.unshift(own)
    return () => {
      active.splice(active.indexOf(own), 1)
    }
  })
}

export function keysNow(): Key[] {
  const known = new Map<string, Key>()
  for (const key of active.flat()) if (!known.has(key.key)) known.set(key.key, key)
  return [...known.values()]
}

export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    const pair = event.timeStamp - pendingSince < PAIR_MS ? `${pending} ${event.key}` : ''
    const match = find(pair) ?? find(event.key)
    pending = event.key
    pendingSince = event.timeStamp
    if (!match) return
    event.preventDefault()
    pending = ''
    match.run()
  })
}

function find(key: string): Key | undefined {
  for (const keys of active) {
    const match = keys.find((one) => one.key === key)
    if (match) return match
  }
  return undefined
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
