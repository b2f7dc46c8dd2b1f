import type { Json, Row } from './generate.ts'

const PER_PAGE = { usual: 20, most: 100 }
const NOT_FILTERS = new Set(['page', 'limit', 'per_page', 'offset', 'sort', 'order', 'q', 'fields'])

export interface Page {
  rows: Row[]
  total: number
  page: number
  limit: number
}

/** Filters (`field=value`, `q`), order (`sort=-field`), page (`page`, `limit` or `offset`) and fields of a list. */
export function select(all: readonly Row[], query: URLSearchParams): Page {
  const rows = sorted(
    all.filter((row) => fits(row, query)),
    query,
  )
  const limit = Math.min(PER_PAGE.most, whole(query.get('limit') ?? query.get('per_page'), PER_PAGE.usual))
  const offset = query.has('offset') ? whole(query.get('offset'), 0, 0) : (whole(query.get('page'), 1) - 1) * limit
  const fields = query.get('fields')?.split(',').slice(0, 50)
  const shown = rows.slice(offset, offset + limit)
  return {
    rows: fields ? shown.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => fields.includes(name)))) : shown,
    total: rows.length,
    page: Math.floor(offset / limit) + 1,
    limit,
  }
}

function fits(row: Row, query: URLSearchParams): boolean {
  for (const [name, value] of [...query].slice(0, 50)) {
    if (NOT_FILTERS.has(name) || !Object.hasOwn(row, name)) continue
    if (plain(row[name]).toLowerCase() !== value.toLowerCase()) return false
  }
  const wanted = query.get('q')?.toLowerCase()
  return wanted === undefined || Object.values(row).some((value) => plain(value).toLowerCase().includes(wanted))
}

function sorted(rows: Row[], query: URLSearchParams): Row[] {
  const given = query.get('sort') ?? ''
  const name = given.replace(/^[-+]/, '')
  if (name === '' || !rows.some((row) => Object.hasOwn(row, name))) return rows
  const sign = given.startsWith('-') || query.get('order')?.toLowerCase() === 'desc' ? -1 : 1
  return rows.sort((one, other) => sign * compare(one[name] ?? null, other[name] ?? null))
}

function compare(one: Json, other: Json): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  const [a, b] = [plain(one), plain(other)]
  return a < b ? -1 : a > b ? 1 : 0
}

function plain(value: Json | undefined): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function whole(text: string | null, usual: number, least = 1): number {
  const number = Number.parseInt(text ?? '', 10)
  return Number.isSafeInteger(number) && number >= least ? number : usual
}
