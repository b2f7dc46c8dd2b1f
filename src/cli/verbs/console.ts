import { loadSettings } from '../../config/load.ts'
import { confine } from '../permissions.ts'
import type { Verb } from '../verb.ts'

export const console: Verb = {
  name: 'console',
  summary: "the operator's pages in a process of their own, beside a sensor with console.enabled: false",
  examples: ['sundew console', 'sundew console --data ./data'],
  async run(given, output) {
    const loaded = loadSettings(given)
    confine(loaded)
    const { serveConsole } = await import('../serve-console.ts')
    await serveConsole(loaded, output)
    return 0
  },
}
