import type { ComponentChildren, JSX } from 'preact'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ApiProblem } from '../api.ts'
import { type Key, useKeys } from '../keyboard.ts'
import { problemOf } from '../load.ts'
import { ProblemNote } from './panel.tsx'

const PAGE = 100
/** Rows drawn beyond both edges, so that scrolling meets no holes. */
const MARGIN = 12

interface VirtualListProps<T> {
  /** Rows at an offset; fewer than `limit` at the end. */
  load: (offset: number, limit: number, abort: AbortSignal) => Promise<T[]>
  /** Changes when the list is another one. */
  list: string
  /** How many there are, when that is known. */
  total: number | undefined
  rowHeight: number
  head?: ComponentChildren
  row: (item: T) => ComponentChildren
  /** Enter and double click. */
  onOpen?: (item: T) => void
  keys?: (selected: T | undefined) => Key[]
  empty: ComponentChildren
  label: string
}

/** A list of any length of which only what is seen is fetched and drawn: 100,000 rows scroll like 100. */
export function VirtualList<T>({ load, list, total, rowHeight, head, row, onOpen, keys, empty, label }: VirtualListProps<T>): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null)
  const pages = useRef(new Map<number, T[]>())
  const asked = useRef(new Set<number>())
  const [window, setWindow] = useState({ first: 0, last: 30 })
  const [length, setLength] = useState<number | undefined>(undefined)
  const [selected, setSelected] = useState(0)
  const [problem, setProblem] = useState<ApiProblem>()
  const [, redraw] = useState(0)
  const abort = useRef(new AbortController())
  const latestLoad = useRef(load)
  latestLoad.current = load

  const rows = Math.max(0, length ?? total ?? loadedLength(pages.current))
  const itemAt = (n: number): T | undefined => pages.current.get(Math.floor(n / PAGE))?.[n % PAGE]

  const fetchPage = useCallback(async (page: number) => {
    if (asked.current.has(page)) return
    asked.current.add(page)
    const { signal } = abort.current
    try {
      const items = await latestLoad.current(page * PAGE, PAGE, signal)
      if (signal.aborted) return
      pages.current.set(page, items)
      if (items.length < PAGE) setLength((known) => Math.min(known ?? Number.POSITIVE_INFINITY, page * PAGE + items.length))
      setProblem(undefined)
      redraw((n) => n + 1)
    } catch (error) {
      if (signal.aborted) return
      asked.current.delete(page)
      setProblem(problemOf(error))
    }
  }, [])

  useLayoutEffect(() => {
    abort.current.abort()
    abort.current = new AbortController()
    pages.current.clear()
    asked.current.clear()
    setLength(undefined)
    setSelected(0)
    scroller.current?.scrollTo(0, 0)
    void fetchPage(0)
    return () => abort.current.abort()
  }, [list])

  const measure = useCallback(() => {
    const box = scroller.current
    if (!box) return
    setWindow({ first: Math.floor(box.scrollTop / rowHeight), last: Math.ceil((box.scrollTop + box.clientHeight) / rowHeight) })
  }, [rowHeight])

  useEffect(() => {
    measure()
    const observer = new ResizeObserver(measure)
    if (scroller.current) observer.observe(scroller.current)
    return () => observer.disconnect()
  }, [measure])

  const first = Math.max(0, window.first - MARGIN)
  const last = Math.min(rows, window.last + MARGIN)
  useEffect(() => {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(Math.max(first, last - 1) / PAGE); page++) void fetchPage(page)
    // Where the end is not known yet, one page more than is seen.
    if (total === undefined && length === undefined && last >= rows - PAGE / 2) void fetchPage(Math.ceil(rows / PAGE))
  }, [first, last, rows, list])

  const move = (by: number): void => {
    const next = Math.max(0, Math.min(rows - 1, selected + by))
    setSelected(next)
    const box = scroller.current
    if (!box) return
    if (next * rowHeight < box.scrollTop) box.scrollTop = next * rowHeight
    else if ((next + 1) * rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = (next + 1) * rowHeight - box.clientHeight
  }
  const current = itemAt(selected)
  useKeys([
    { key: 'j', what: 'next row', run: () => move(1) },
    { key: 'k', what: 'previous row', run: () => move(-1) },
    ...(onOpen ? [{ key: 'Enter', what: 'open', run: () => current && onOpen(current) }] : []),
    ...(keys?.(current) ?? []),
  ])

  const isEmpty = rows === 0 && pages.current.has(0)
  return (
    <div class="list">
      <ProblemNote problem={problem} />
      {head && !isEmpty && <div class="list-head">{head}</div>}
      {isEmpty && !problem && <div class="empty">{empty}</div>}
      <div class="list-body" ref={scroller} onScroll={measure} hidden={isEmpty}>
        <div role="list" aria-label={label} style={{ height: `${rows * rowHeight}px`, position: 'relative' }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, n) => first + n).map((n) => {
            const item = itemAt(n)
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: j, k and Enter do the same.
              <div
                key={n}
                role="listitem"
                tabIndex={-1}
                aria-setsize={rows}
                aria-posinset={n + 1}
                aria-current={n === selected}
                class={n === selected ? 'list-row selected' : 'list-row'}
                style={{ top: `${n * rowHeight}px`, height: `${rowHeight}px` }}
                onClick={() => setSelected(n)}
                onDblClick={() => item && onOpen?.(item)}
              >
                {item === undefined ? <span class="waiting" /> : row(item)}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function loadedLength<T>(pages: ReadonlyMap<number, T[]>): number {
  let length = 0
  for (const [page, items] of pages) length = Math.max(length, page * PAGE + items.length)
  return length
}
