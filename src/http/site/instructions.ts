import type { Persona } from '../../config/persona.ts'
import { fillPrompt, promptValues } from '../../config/prompt-values.ts'

/** The persona's prompt for web pages with its variables filled in. The day is the finest time in it, so that model servers can cache it. */
export function webInstructions(persona: Persona, now: number): string {
  const moment = { user: 'www-data', cwd: persona.web?.root ?? '/var/www/html', time: new Date(now).toUTCString().slice(0, 16) }
  const values = promptValues(persona, moment)
  return fillPrompt(persona.prompts.web, (name) => values[name])
}
