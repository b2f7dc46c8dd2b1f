import type { Line, SystemMapping } from './system.ts'

/** These write text under names that Galah's `request.method` and `response.body` make objects of. */
const BESIDE_GALAH: ReadonlySet<string> = new Set(['Conpot', 'Miniprint'])

/**
 * T-Pot's honeypots share one index, in which a field is a value or an object: Elasticsearch refuses the documents of whoever comes second. T-Pot
 * itself never runs Galah beside the two; here they may be, and then their text stands at `request.text` and `response.text`.
 */
export function forOneIndex(mapping: SystemMapping, isBesideGalah: boolean): SystemMapping {
  if (!isBesideGalah || !BESIDE_GALAH.has(mapping.system)) return mapping
  return { ...mapping, lines: async (event, look) => (await mapping.lines(event, look)).map(deeper) }
}

function deeper(line: Line): Line {
  const { request, response, ...others } = JSON.parse(line.text) as Record<string, unknown>
  return { ...line, text: JSON.stringify({ ...others, 'request.text': request, 'response.text': response }) }
}
