import { escapeHtml } from './html.ts'

/** Fills the marks of a page: `{{name}}` as text, `{{{name}}}` as the HTML that it is. A mark without a value is empty. */
export function fillPage(page: string, values: Readonly<Record<string, string>>): string {
  return page.replace(/\{\{\{(\w{1,40})\}\}\}|\{\{(\w{1,40})\}\}/g, (_, raw: string | undefined, text: string | undefined) =>
    raw === undefined ? escapeHtml(valueFor(values, text)) : valueFor(values, raw),
  )
}

function valueFor(values: Readonly<Record<string, string>>, name = ''): string {
  return Object.hasOwn(values, name) ? (values[name] as string) : ''
}
