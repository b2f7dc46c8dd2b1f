import { z } from 'zod'
import list from './facts/themes.json' with { type: 'json' }

const Theme = z.object({
  slug: z.string(),
  name: z.string(),
  version: z.string(),
  requires: z.string(),
  author: z.string(),
  about: z.string(),
  vulnerable: z.array(z.string()).optional(),
})
export type Theme = z.infer<typeof Theme>

const THEMES = z.array(Theme).parse(list)

/** Themes that an attacker looks for, by option `vulnerable`; the first that is named there is what the blog looks like. */
export const VULNERABLE_THEMES = ['bricks', 'motors'] as const

/** What is installed, the active one first. */
export function installedThemes(vulnerable: readonly string[]): Theme[] {
  const own = THEMES.filter((theme) => !theme.vulnerable)
  const wanted = vulnerable.flatMap((slug) => THEMES.filter((theme) => theme.vulnerable && theme.slug === slug))
  return [...wanted, ...own]
}
