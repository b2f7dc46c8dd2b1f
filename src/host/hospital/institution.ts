import type { Persona } from '../../config/persona.ts'
import vocabulary from './vocabulary.json' with { type: 'json' }

/** What the hospital's systems call their house: the persona's company, when it is one that has patients. */
export function institutionOf(persona: Persona): { name: string; town: string } {
  const { company = '', town } = persona.facts
  if (!/hospital|clinic|infirmary|medical|health/i.test(company)) return vocabulary.institution
  return { name: company, town: (town ?? vocabulary.institution.town).toUpperCase() }
}
