import type { DataIndex } from '../data-index.ts'
import type { Release } from '../release.ts'

/** Mappings as `GET /index` shows them: under the name of the type before 7. */
export function mappingsOf({ properties, docs }: DataIndex, { major }: Release): Record<string, unknown> {
  if (Object.keys(properties).length === 0) return {}
  if (major >= 7) return { properties }
  const [first] = docs.values()
  return { [first?.type ?? '_doc']: { properties } }
}

export function settingsOf(index: DataIndex, { major, wireId, indexId }: Release): Record<string, unknown> {
  const { name, uuid, created, shards, replicas, settings } = index
  const version = { created: String(indexId ?? wireId) }
  if (major === 1)
    return {
      index: {
        ...settings,
        creation_date: String(created),
        uuid,
        number_of_replicas: String(replicas),
        number_of_shards: String(shards),
        version,
      },
    }
  const routing = major >= 7 ? { routing: { allocation: { include: { _tier_preference: 'data_content' } } } } : {}
  return {
    index: {
      ...settings,
      ...routing,
      number_of_shards: String(shards),
      provided_name: name,
      creation_date: String(created),
      number_of_replicas: String(replicas),
      uuid,
      version,
    },
  }
}
