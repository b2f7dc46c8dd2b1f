import type { Persona } from '../../config/persona.ts'
import { matchesGlob } from './path-glob.ts'

/** Every path of a site: its files, and what its pages link to. */
export function linksOf(persona: Persona): string[] {
  const links = [...persona.site.keys(), ...(persona.web?.generate ?? [])]
  for (const [path, bytes] of persona.site) {
    if (!/\.(html?|php|xml|txt|js)$/.test(path)) continue
    for (const [, link] of bytes
      .toString('utf8')
      .matchAll(/(?:href|src|action|value)="(\/[^"?#]{1,300})|(?:Disallow|Allow): (\/\S{1,300})/g))
      if (link) links.push(link)
  }
  for (const { form, action, home } of persona.web?.logins ?? []) links.push(form, action, home)
  return links
}

/** Whether the persona's application, not the file handler, answers for a path. */
export function isGenerated({ web }: Persona, path: string): boolean {
  return web?.generate.some((glob) => matchesGlob(path, glob)) ?? false
}

/** Pages that everybody may see, that the site's own pages lead to, and that are nowhere written down. */
export function unwrittenPages(persona: Persona): string[] {
  const { site, web } = persona
  const forms = new Set((web?.logins ?? []).flatMap(({ form, action }) => [form, action]))
  const isOpen = (path: string): boolean =>
    !web?.basic?.some((area) => path.startsWith(area.path)) &&
    !web?.logins?.some(({ protects }) => protects !== undefined && path.startsWith(protects))
  const isWritten = (path: string): boolean => site.has(path) || ['html', 'php'].some((type) => site.has(`${path}index.${type}`))
  const found = linksOf(persona).filter((path) => !path.includes('*') && isGenerated(persona, path) && !forms.has(path))
  return [...new Set(found)].filter((path) => isOpen(path) && !isWritten(path))
}
