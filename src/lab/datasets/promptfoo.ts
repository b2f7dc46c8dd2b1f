import { stringify } from 'yaml'
import type { Persona } from '../../config/persona.ts'
import type { Settings } from '../../config/schema.ts'
import type { PromptVersion } from '../prompts/version.ts'
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
      hostname: persona.hostname,
      user: row.turn.user,
      input: RAW(row.turn.input),
      history: RAW(row.turn.earlier.map(({ input, output }) => `$ ${input}\n${output}`).join('\n')),
    },
    assert: assertionsOf(row).flatMap(promptfooAssertion),
  }))
  return stringify({ description: `Sundew dataset ${dataset.name}`, prompts, providers, tests })
}

/** Nunjucks knows no dots in names of our variables but `facts.x`, and those it looks up in an object. */
function withVariables(text: string): string {
  return text.replace(/\{\{\s*([^{}\s]{1,60})\s*\}\}/g, '{{ $1 }}')
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
