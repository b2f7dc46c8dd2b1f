import { Identity } from '../../config/identity.ts'
import { loadSettings } from '../../config/load.ts'
import { loadPersona } from '../../config/personas.ts'
import { planOf } from '../../instance.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

export const validate: Verb = {
  name: 'validate',
  summary: 'check configuration, ports and personas without opening anything',
  examples: ['sundew validate', 'sundew validate --config sundew.yaml --json'],
  async run(given, output) {
    const loaded = loadSettings(given)
    const plan = planOf(loaded)
    const identity = new Identity(Buffer.alloc(32))
    const personas = [...new Set(plan.uses.map((use) => use.persona))]
    for (const name of personas) loadPersona(plan.settings.prompts, name, identity)
    const facts = { file: loaded.file ?? null, profile: plan.settings.profile, lures: plan.uses.length, ports: plan.ports.length, personas }
    if (given.json) output.line(jsonLine(facts))
    else {
      output.line(`${loaded.file ?? 'no sundew.yaml: defaults'}: good`)
      output.line(`profile ${facts.profile}, ${facts.lures} lures on ${facts.ports} ports, personas: ${personas.join(', ')}`)
    }
    return 0
  },
}
