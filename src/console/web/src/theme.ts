import { effect, signal } from '@preact/signals'

type Theme = 'dark' | 'light'
const KEY = 'sundew-theme'

const preferred = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
const chosen = localStorage.getItem(KEY)

export const theme = signal<Theme>(chosen === 'dark' || chosen === 'light' ? chosen : preferred)

effect(() => {
  document.documentElement.dataset.theme = theme.value
})

export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark'
  localStorage.setItem(KEY, theme.value)
}
