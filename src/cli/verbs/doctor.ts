import { loadSettings } from '../../config/load.ts'
import { CHECKS, check } from '../../doctor.ts'
import { planOf } from '../../instance.ts'
import type { Finding } from '../../llm/diagnose.ts'
import type { Verb } from '../verb.ts'

export const doctor: Verb = {
  name: 'doctor',
  summary: 'what is wrong, and its cure: model, store, ports, disk, clock',
  usage: '[llm|store|ports|disk|clock]',
  examples: ['sundew doctor', 'sundew doctor llm', 'sundew doctor --json'],
  async run(given, output) {
    const loaded = loadSettings(given)
    const { settings } = loaded
    const wanted = given.words.length ? given.words : CHECKS
    const findings: (Finding & { part: string })[] = []
    for (const word of wanted) {
      const part = CHECKS.find((name) => name === word)
      if (!part) throw new Error(`there is no check "${word}"; use one of: ${CHECKS.join(', ')}`)
      const found = await check(part, settings, () => planOf(loaded))
      findings.push(...found.map((finding) => ({ part, ...finding })))
    }
    if (given.json) output.line(JSON.stringify(findings))
    else {
      for (const f of findings) {
        output.line(`${f.ok ? 'ok  ' : 'BAD '} ${f.part.padEnd(6)} ${f.what}`)
        if (!f.ok && f.cure) output.line(`            cure: ${f.cure}`)
      }
    }
    return findings.every((f) => f.ok) ? 0 : 1
  },
}
