import { loadSettings } from '../../config/load.ts'
import type { Settings } from '../../config/schema.ts'
import { CHECKS, check } from '../../doctor.ts'
import { fingerprint, plausibility } from '../../fingerprint.ts'
import { planOf } from '../../instance.ts'
import type { Finding } from '../../llm/diagnose.ts'
import { RunningFile } from '../../running-file.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

export const doctor: Verb = {
  name: 'doctor',
  summary: 'what is wrong, and its cure: model, store, ports, disk, clock',
  usage: '[llm|store|ports|disk|clock|fingerprint]',
  examples: ['sundew doctor', 'sundew doctor llm', 'sundew doctor fingerprint', 'sundew doctor --json'],
  async run(given, output) {
    const loaded = loadSettings(given)
    const { settings } = loaded
    const wanted = given.words.length ? given.words : CHECKS
    const findings: (Finding & { part: string })[] = []
    for (const word of wanted) {
      if (word === 'fingerprint') {
        findings.push(...(await fingerprints(settings)).map((finding) => ({ part: 'looks', ...finding })))
        continue
      }
      const part = CHECKS.find((name) => name === word)
      if (!part) throw new Error(`there is no check "${word}"; use one of: ${CHECKS.join(', ')}, fingerprint`)
      const found = await check(part, settings, () => planOf(loaded))
      findings.push(...found.map((finding) => ({ part, ...finding })))
    }
    if (given.json) output.line(jsonLine(findings))
    else {
      for (const f of findings) {
        output.line(`${f.ok ? 'ok  ' : 'BAD '} ${f.part.padEnd(6)} ${f.what}`)
        if (!f.ok && f.cure) output.line(`            cure: ${f.cure}`)
      }
    }
    return findings.every((f) => f.ok) ? 0 : 1
  },
}

/** Asked only when it is wanted: it talks to every lure of the running sensor, which writes all of it down. */
async function fingerprints(settings: Settings): Promise<Finding[]> {
  const running = RunningFile.read(settings.data)
  if (!running) throw new UsageProblem('no sensor runs on this data folder: start it, then let it be asked')
  return [...(await fingerprint(running.ports)), ...plausibility(running.ports)]
}
