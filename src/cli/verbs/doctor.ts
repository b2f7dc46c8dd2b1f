import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Identity } from '../../config/identity.ts'
import { loadSettings } from '../../config/load.ts'
import { loadPersona } from '../../config/personas.ts'
import type { Settings } from '../../config/schema.ts'
import { CHECKS, check } from '../../doctor.ts'
import { certificatesOf, fingerprint } from '../../fingerprint.ts'
import { planOf } from '../../instance.ts'
import type { Finding } from '../../llm/diagnose.ts'
import { plausibility, sharedCertificates } from '../../plausibility.ts'
import { RunningFile } from '../../running-file.ts'
import { damageOf } from '../../store/sqlite/damage.ts'
import { UsageProblem } from '../cli.ts'
import { humanBytes } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

export const doctor: Verb = {
  name: 'doctor',
  summary: 'what is wrong, and its cure: model, store, ports, disk, clock',
  usage: '[llm|store|ports|disk|clock|damage|fingerprint]',
  examples: ['sundew doctor', 'sundew doctor llm', 'sundew doctor damage', 'sundew doctor fingerprint', 'sundew doctor --json'],
  async run(given, output) {
    const loaded = loadSettings(given)
    const { settings } = loaded
    const wanted = given.words.length ? given.words : [...CHECKS, 'damage']
    const findings: (Finding & { part: string })[] = []
    for (const word of wanted) {
      if (word === 'fingerprint') {
        findings.push(...(await fingerprints(settings)).map((finding) => ({ part: 'looks', ...finding })))
        continue
      }
      if (word === 'damage') {
        findings.push(...damage(settings, given.words.length > 0).map((finding) => ({ part: 'damage', ...finding })))
        continue
      }
      const part = CHECKS.find((name) => name === word)
      if (!part) throw new Error(`there is no check "${word}"; use one of: ${CHECKS.join(', ')}, damage, fingerprint`)
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
  const identity = new Identity(Buffer.alloc(32))
  const systemOf = (persona: string): string => loadPersona(settings.prompts, persona, identity).os.family
  return [
    ...(await fingerprint(running.ports)),
    ...plausibility(running.ports, systemOf),
    ...sharedCertificates(await certificatesOf(running.ports)),
  ]
}

const DATABASES = ['events.db', 'state.db']
/** Reading more takes so long that it must have been asked for. */
const QUICK_BYTES = 1024 ** 3

/** Whether every page of the databases can be read. */
function damage({ data }: Settings, wanted: boolean): Finding[] {
  return DATABASES.map((name) => join(data, name))
    .filter((file) => existsSync(file))
    .map((file) => {
      const { size } = statSync(file)
      if (size > QUICK_BYTES && !wanted) {
        return { ok: true, what: `${file} not read, it has ${humanBytes(size)}: "sundew doctor damage" does`, cure: '' }
      }
      const trouble = damageOf(file)
      return trouble ? { ok: false, ...trouble } : { ok: true, what: `${file} is sound`, cure: '' }
    })
}
