import { loadSettings } from '../../config/load.ts'
import { confine } from '../permissions.ts'
import type { Verb } from '../verb.ts'

export const start: Verb = {
  name: 'start',
  summary: 'play the lures until stopped (Ctrl-C, SIGTERM)',
  examples: ['npm start', 'sundew start --config sundew.yaml', 'SUNDEW_PROFILE=llm sundew start --data ./data'],
  async run(given, output) {
    const loaded = loadSettings(given)
    confine(loaded)
    // Loaded after confining: the process that starts over should not have loaded every lure before.
    const { playUntilStopped } = await import('../play.ts')
    await playUntilStopped(loaded, output)
    return 0
  },
}
