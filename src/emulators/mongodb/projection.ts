import { type BsonDocument, type BsonValue, isDocument, numberOf } from './bson.ts'
import { pathOf } from './compare.ts'
import type { Work } from './work.ts'

const isOff = (value: BsonValue): boolean => value === false || numberOf(value) === 0

/** The parts of a document that a projection leaves. */
export function projected(document: BsonDocument, projection: BsonDocument, work: Work): BsonDocument {
  const fields = [...projection].filter(([name]) => name !== '_id')
  const id = projection.get('_id')
  const showsId = id === undefined || !isOff(id)
  const wanted = fields.filter(([, value]) => !isOff(value)).map(([name]) => pathOf(name))
  work.step(document.size + fields.length)
  if (wanted.length === 0 && (fields.length > 0 || !showsId)) {
    const hidden = [...fields.map(([name]) => pathOf(name)), ...(showsId ? [] : [['_id']])]
    return without(document, hidden, work)
  }
  if (wanted.length === 0 && id === undefined) return document
  return only(document, showsId ? [['_id'], ...wanted] : wanted, work)
}

/** Paths by their first part, without it. */
function byFirst(paths: readonly string[][]): Map<string, string[][]> {
  const groups = new Map<string, string[][]>()
  for (const [first = '', ...rest] of paths) {
    const group = groups.get(first)
    if (group) group.push(rest)
    else groups.set(first, [rest])
  }
  return groups
}

function only(document: BsonDocument, paths: readonly string[][], work: Work): BsonDocument {
  const groups = byFirst(paths)
  const kept: BsonDocument = new Map()
  for (const [name, value] of document) {
    work.step()
    const group = groups.get(name)
    if (!group) continue
    if (group.some((rest) => rest.length === 0)) kept.set(name, value)
    else if (isDocument(value)) kept.set(name, only(value, group, work))
    else if (Array.isArray(value))
      kept.set(
        name,
        value.filter(isDocument).map((item) => only(item, group, work)),
      )
  }
  return kept
}

function without(document: BsonDocument, paths: readonly string[][], work: Work): BsonDocument {
  const groups = byFirst(paths)
  const kept: BsonDocument = new Map()
  for (const [name, value] of document) {
    work.step()
    const group = groups.get(name)
    if (!group) kept.set(name, value)
    else if (group.some((rest) => rest.length === 0)) continue
    else if (isDocument(value)) kept.set(name, without(value, group, work))
    else if (Array.isArray(value))
      kept.set(
        name,
        value.map((item) => (isDocument(item) ? without(item, group, work) : item)),
      )
    else kept.set(name, value)
  }
  return kept
}
