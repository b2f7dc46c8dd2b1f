import type { PortDeclaration } from '../../config/ports.ts'
import { lures } from '../../lures.ts'
import { type Lure, TPOT_SYSTEMS } from '../../sensor/lure.ts'
import { jsonLine } from '../json-line.ts'
import { table } from '../table.ts'
import type { Verb } from '../verb.ts'

/** One of T-Pot's honeypots and the lures that stand for it. */
export interface SystemRow {
  system: string
  lures: { name: string; ports: string[] }[]
}

export function systemRows(): SystemRow[] {
  return TPOT_SYSTEMS.map((system) => ({
    system,
    lures: lures
      .filter((lure) => lure.standsFor.includes(system))
      .map((lure) => ({ name: lure.name, ports: portsOf(lure).map((p) => `${p.port}/${p.transport}`) })),
  }))
}

/** What a lure listens on unless its options say otherwise. */
function portsOf(lure: Lure): readonly PortDeclaration[] {
  return [...lure.ports, ...(lure.morePorts?.(lure.options.parse({})) ?? [])]
}

/** The table of the README. */
export function systemsMarkdown(): string {
  const rows = systemRows().map(({ system, lures: playing }) => {
    const names = playing.map((l) => `\`${l.name}\` (${l.ports.join(', ')})`).join(', ')
    return `| ${system} | ${names || 'not yet'} |`
  })
  return ['| T-Pot system | lures that stand for it |', '| --- | --- |', ...rows].join('\n')
}

export const systems: Verb = {
  name: 'systems',
  summary: "T-Pot's honeypots, and which lures stand for each",
  examples: ['sundew systems', 'sundew systems --json', 'sundew systems --markdown'],
  options: { markdown: { type: 'boolean' } },
  about: { markdown: 'as the README shows it' },
  async run(given, output) {
    if (given.json) output.line(jsonLine(systemRows()))
    else if (given.options.markdown) output.line(systemsMarkdown())
    else {
      const rows = systemRows().map(({ system, lures: playing }) => [system, playing.map((l) => l.name).join(', ') || 'not yet'])
      output.line(table([{ title: 'T-POT' }, { title: 'LURES' }], rows))
    }
    return 0
  },
}
