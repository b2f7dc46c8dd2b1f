import { stringify } from 'yaml'
import type { Persona } from '../../config/persona.ts'
import { fillPrompt, promptValues } from '../../config/prompt-values.ts'
import type { Settings } from '../../config/schema.ts'
import type { PromptVersion } from '../prompts/version.ts'
import type { RecordedTurn } from '../trial/recorded-turn.ts'
import type { Assertion } from './assertion.ts'
import { assertionsOf, type Dataset } from './dataset.ts'

/** promptfoo fills in Nunjucks; what an attacker wrote must not be a template. */
const RAW = (text: string): string => (/[{][{%#]/.test(text) ? `{% raw %}${text.replaceAll('{% endraw %}', '')}{% endraw %}` : text)

/**
 * A dataset as a configuration of promptfoo (promptfoo.dev/docs/configuration/reference): one prompt a version, one test a row. It
 * measures the bare prompt; what only our own path knows (state, guard, exit codes) is left out.
 */
export function promptfooConfig(
  dataset: Dataset,
  persona: Persona,
  versions: readonly PromptVersion[],
  models: readonly string[],
  { backends }: Settings['llm'],
): string {
  const [backend] = backends
  const kinds = new Set(dataset.rows.map(({ turn }) => turn.kind))
  const prompts = versions.flatMap((version) =>
    [...kinds].map((kind) => ({
      label: `${persona.name}@${version.number} ${kind}`,
      raw: JSON.stringify([
        { role: 'system', content: withVariables(version[kind]) },
        { role: 'user', content: '{{history}}\n{{input}}' },
      ]),
    })),
  )
  const providers = models.map((model) =>
    backend?.kind === 'openai'
      ? { id: `openai:chat:${model}`, config: { apiBaseUrl: backend.url, temperature: persona.model.temperature } }
      : { id: `ollama:chat:${model}`, config: { temperature: persona.model.temperature, num_ctx: persona.model.contextTokens } },
  )
  const tests = dataset.rows.map((row) => ({
    description: `${row.id} ${row.turn.input.slice(0, 60)}`,
    vars: {
      ...variablesOf(persona, row.turn),
      input: RAW(row.turn.input),
      history: RAW(row.turn.earlier.map(({ input, output }) => `$ ${input}\n${output}`).join('\n')),
    },
    assert: assertionsOf(row).flatMap(promptfooAssertion),
  }))
  return stringify({ description: `Sundew dataset ${dataset.name}`, prompts, providers, tests })
}

/** The values of {@link withVariables}: `facts.company` is the key `company` of the object `facts` to Nunjucks. */
function variablesOf(persona: Persona, { kind, user }: RecordedTurn): Record<string, string | Record<string, string>> {
  const home = user === 'root' ? '/root' : `/home/${user}`
  const moment = { user, cwd: kind === 'web' ? (persona.web?.root ?? '/') : home, time: new Date().toUTCString().slice(0, 22) }
  const values = Object.entries(promptValues(persona, moment)).filter(([name]) => !name.startsWith('facts.'))
  return { ...Object.fromEntries(values), facts: persona.facts }
}

function withVariables(text: string): string {
  return fillPrompt(text, (name) => `{{ ${name} }}`)
}

function promptfooAssertion(assertion: Assertion): { type: string; value?: unknown; threshold?: number }[] {
  switch (assertion.type) {
    case 'latency':
      return [{ type: 'latency', threshold: assertion.value }]
    case 'is-json':
      return [{ type: 'is-json' }]
    case 'equals':
    case 'contains':
    case 'not-contains':
    case 'regex':
    case 'not-regex':
    case 'llm-rubric':
      return [{ type: assertion.type, value: assertion.value }]
    default:
      return []
  }
}
