import { computed, signal } from '@preact/signals'

/** The address of the view: what is looked at is in it, so that it can be sent to a colleague and found again. */
export const address = signal(new URL(location.href))

export const path = computed(() => address.value.pathname)
export const search = computed(() => address.value.searchParams)

export function parameter(name: string): string {
  return search.value.get(name) ?? ''
}

/** Goes to an address of the console; `replace` where going back should not pass it again. */
export function navigate(to: string, { replace = false } = {}): void {
  const next = new URL(to, location.href)
  if (next.href === address.value.href) return
  if (replace) history.replaceState(null, '', next)
  else history.pushState(null, '', next)
  address.value = next
  if (!replace) scrollTo(0, 0)
}

/** The present address with other parameters; an empty value takes one away. */
export function withParameters(changes: Record<string, string>, to = path.value): string {
  const next = new URLSearchParams(to === path.value ? search.value : keptEverywhere())
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value)
    else next.delete(name)
  }
  const text = next.toString()
  return text ? `${to}?${text}` : to
}

/** The period goes along from view to view. */
function keptEverywhere(): URLSearchParams {
  const kept = new URLSearchParams()
  for (const name of ['span', 'since', 'until']) {
    const value = search.value.get(name)
    if (value) kept.set(name, value)
  }
  return kept
}

export function link(to: string, parameters: Record<string, string> = {}): string {
  return withParameters(parameters, to)
}

/** One listener for every link of the pages; other sites and new windows are the browser's. */
export function followLinks(): void {
  addEventListener('popstate', () => {
    address.value = new URL(location.href)
  })
  document.addEventListener('click', (event) => {
    const anchor = event.target instanceof Element ? event.target.closest('a') : null
    if (!anchor || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    if (anchor.origin !== location.origin || anchor.hasAttribute('download') || anchor.pathname.startsWith('/api/')) return
    event.preventDefault()
    navigate(anchor.href)
  })
}
