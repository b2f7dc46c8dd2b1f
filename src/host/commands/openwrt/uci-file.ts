/** One `config TYPE 'NAME'` of a file under /etc/config. */
export interface UciSection {
  type: string
  name: string | undefined
  options: Map<string, string | string[]>
}

const WORD = /'([^']*)'|"([^"]*)"|([^\s'"]+)/g

export function parseUci(text: string): UciSection[] {
  const sections: UciSection[] = []
  for (const line of text.split('\n')) {
    const words = [...line.replace(/^\s*#.*$/, '').matchAll(WORD)].map((found) => found[1] ?? found[2] ?? found[3] ?? '')
    const [verb, key = '', value = ''] = words
    const section = sections.at(-1)
    if (verb === 'config') sections.push({ type: key, name: words[2], options: new Map() })
    else if (verb === 'option' && section) section.options.set(key, value)
    else if (verb === 'list' && section) {
      const known = section.options.get(key)
      section.options.set(key, [...(Array.isArray(known) ? known : known === undefined ? [] : [known]), value])
    }
  }
  return sections
}

export function formatUci(sections: readonly UciSection[]): string {
  return sections
    .map((section) => {
      const options = [...section.options].map(([name, value]) =>
        Array.isArray(value) ? value.map((one) => `\tlist ${name} '${one}'\n`).join('') : `\toption ${name} '${value}'\n`,
      )
      return `\nconfig ${section.type}${section.name === undefined ? '' : ` '${section.name}'`}\n${options.join('')}`
    })
    .join('')
}
