import { listPersonas } from '../../config/personas.ts'
import { versionMetrics } from '../../lab/metrics.ts'
import { UsageProblem } from '../cli.ts'
import { parseSince } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import { withLab } from '../open-lab.ts'
import { type Column, table } from '../table.ts'
import type { ExitCode, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'PERSONA' },
  { title: 'HOST' },
  { title: 'SYSTEM', max: 28 },
  { title: 'MODEL' },
  { title: 'PRODUCTION', align: 'right' },
  { title: 'CANARY', align: 'right' },
]
const metricColumns: Column[] = [
  { title: 'VERSION' },
  { title: 'SESSIONS', align: 'right' },
  { title: 'COMMANDS', align: 'right' },
  { title: 'ANSWERS', align: 'right' },
  { title: 'GUARD', align: 'right' },
  { title: 'FALLBACK', align: 'right' },
  { title: 'P95 MS', align: 'right' },
  { title: 'LAST COMMAND', max: 40 },
]

export const persona: Verb = {
  name: 'persona',
  summary: 'who is played, and how each version of its prompts does',
  usage: 'ls | show PERSONA',
  examples: ['sundew persona ls', 'sundew persona show debian-web --since 7d'],
  options: { since: { type: 'string' } },
  about: { since: 'figures since then: 24h, 7d, or an ISO date (default 7d)' },
  async run(given, output) {
    const [what = 'ls', name] = given.words
    return withLab(given, async ({ lab, settings, store }): Promise<ExitCode> => {
      if (what === 'ls') {
        const all = listPersonas(settings.prompts).map((one) => {
          const { hostname, os, summary } = lab.persona(one)
          const labels = lab.library.labels(one)
          return { persona: one, hostname, os: `${os.name} ${os.version}`, summary, model: lab.modelOf(lab.persona(one)), labels }
        })
        if (given.json) output.line(jsonLine(all))
        else {
          const rows = all.map((one) => [
            one.persona,
            one.hostname,
            one.os,
            one.model,
            `@${one.labels?.production}`,
            one.labels?.canary === undefined ? '' : `@${one.labels.canary} ${Math.round(one.labels.canaryShare * 100)} %`,
          ])
          output.line(table(columns, rows))
        }
        return 0
      }
      if (what !== 'show' || !name) throw new UsageProblem('say ls, or show PERSONA')
      lab.persona(name)
      const since = parseSince(String(given.options.since ?? '7d'))
      if (since === undefined) throw new UsageProblem(`--since ${given.options.since} is neither a span (24h) nor a date`)
      const metrics = await versionMetrics(store(), lab.library, name, { since, until: Date.now() + 1 })
      if (given.json) output.line(jsonLine(metrics))
      else if (metrics.length === 0) output.line('no version answered in this time')
      else {
        const share = (part: number): string => `${Math.round(part * 100)} %`
        const rows = metrics.map((one) => [
          one.number === undefined ? one.played.join(' ') : `@${one.number}`,
          one.sessions,
          one.commandsPerSession,
          one.answers,
          share(one.guarded),
          share(one.fallbacks),
          one.p95Ms,
          one.lastInputs[0]?.value ?? '',
        ])
        output.line(table(metricColumns, rows))
      }
      return 0
    })
  },
}
