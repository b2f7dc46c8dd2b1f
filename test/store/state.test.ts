import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openState, openStateStore, type SqliteState } from '../../src/store/state.ts'
import { tempFolder } from './temp-folder.ts'
import { TroubleLog } from './trouble-log.ts'

function opened(folder: string, options: Parameters<typeof openStateStore>[1] = {}): SqliteState {
  const state = openStateStore(folder, options)
  onTestFinished(() => state.close())
  return state
}

function all(state: SqliteState, scope: string): [string, string][] {
  return [...state.entries(scope)].map(({ key, value }): [string, string] => [key, value.toString()]).sort()
}

describe('state', () => {
  it('outlives a restart, bytes as they were', () => {
    const folder = tempFolder()
    const state = openStateStore(folder)
    state.set('logins', '192.0.2.1', 'root:toor')
    state.set('worlds', 'a', Buffer.from([0, 255, 128]))
    state.set('worlds', 'empty', '')
    state.close()
    const next = opened(folder)
    expect(next.get('logins', '192.0.2.1')?.toString()).toBe('root:toor')
    expect(next.get('worlds', 'a')).toEqual(Buffer.from([0, 255, 128]))
    expect(next.get('worlds', 'empty')).toEqual(Buffer.alloc(0))
    expect(next.get('worlds', '192.0.2.1')).toBeUndefined()
  })

  it('survives the death of the process right after the write', () => {
    const folder = tempFolder()
    const state = opened(folder)
    state.set('pins', 'k', 'v')
    // What another connection sees now is what is left after a kill.
    const other = new DatabaseSync(join(folder, 'state.db'), { readOnly: true })
    expect(other.prepare('SELECT key FROM state').all()).toMatchObject([{ key: 'k' }])
    other.close()
  })

  it('lists a scope with times, and loses keys and scopes that are deleted', () => {
    const state = opened(tempFolder())
    const before = Date.now()
    state.set('cache', 'b', '2')
    state.set('cache', 'a', '1')
    state.set('pins', 'a', '3')
    expect(all(state, 'cache')).toEqual([
      ['a', '1'],
      ['b', '2'],
    ])
    expect([...state.entries('cache')].every(({ updatedAt }) => updatedAt >= before && updatedAt <= Date.now())).toBe(true)
    state.delete('cache', 'a')
    expect(state.get('cache', 'a')).toBeUndefined()
    state.clear('cache')
    expect(all(state, 'cache')).toEqual([])
    expect(all(state, 'pins')).toEqual([['a', '3']])
  })
})

describe('state on a disk that refuses', () => {
  function locked(folder: string): DatabaseSync {
    const other = new DatabaseSync(join(folder, 'state.db'))
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    return other
  }

  it('answers from memory, says so, and is written when the lock is gone', () => {
    const folder = tempFolder()
    const troubles = new TroubleLog()
    const state = openStateStore(folder, { onTrouble: troubles.note })
    state.set('s', 'old', '1')
    state.set('s', 'gone', '1')
    state.set('cleared', 'k', '1')
    const lock = locked(folder)
    state.set('s', 'new', '2')
    state.delete('s', 'gone')
    state.clear('cleared')
    state.set('cleared', 'again', '3')
    expect(state.trouble?.what).toMatch(/another process holds the write lock/)
    const now = [all(state, 's'), all(state, 'cleared'), state.get('s', 'gone'), state.get('cleared', 'k')]
    expect(now).toEqual([
      [
        ['new', '2'],
        ['old', '1'],
      ],
      [['again', '3']],
      undefined,
      undefined,
    ])
    lock.exec('ROLLBACK')
    state.close()
    expect(state.trouble).toBeUndefined()
    const next = opened(folder)
    expect([all(next, 's'), all(next, 'cleared'), next.get('s', 'gone'), next.get('cleared', 'k')]).toEqual(now)
  })

  it('tries again with a later write', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const folder = tempFolder()
    let disk: DatabaseSync | undefined
    const state = opened(folder, {
      open(file) {
        disk = openState(file)
        return disk
      },
    })
    disk?.exec('PRAGMA max_page_count = 5')
    state.set('s', 'a', Buffer.alloc(100_000, 'a'))
    expect(state.trouble?.what).toMatch(/is full/)
    expect(state.get('s', 'a')).toHaveLength(100_000)
    disk?.exec('PRAGMA max_page_count = 1000000')
    vi.advanceTimersByTime(1001)
    state.set('s', 'b', 'b')
    expect(state.trouble).toBeUndefined()
    expect(state.get('s', 'a')).toHaveLength(100_000)
  })

  it('that is damaged works in memory until it is moved away', () => {
    const folder = tempFolder()
    const file = join(folder, 'state.db')
    writeFileSync(file, 'no database'.repeat(1000))
    const state = openStateStore(folder)
    state.set('s', 'k', 'v')
    expect(state.trouble?.what).toMatch(/is damaged/)
    expect(state.get('s', 'k')?.toString()).toBe('v')
    renameSync(file, `${file}.damaged`)
    state.close()
    expect(opened(folder).get('s', 'k')?.toString()).toBe('v')
  })

  it('gives up the oldest writes when memory is spent', () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'state.db'))
    const state = openStateStore(folder)
    for (let n = 0; n < 5; n++) state.set('s', String(n), Buffer.alloc(10 * 1024 * 1024))
    expect([...state.entries('s')].map(({ key }) => key)).toEqual(['2', '3', '4'])
  })

  it('means the same as a map, whatever is done in whatever order', () => {
    const word = fc.constantFrom('a', 'b', 'a","b')
    const step = fc.oneof(
      fc.record({ does: fc.constant('set' as const), scope: word, key: word, value: fc.string() }),
      fc.record({ does: fc.constant('delete' as const), scope: word, key: word }),
      fc.record({ does: fc.constant('clear' as const), scope: word }),
      fc.record({ does: fc.constantFrom('lock' as const, 'unlock' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const folder = tempFolder()
        const state = openStateStore(folder)
        const model = new Map<string, Map<string, string>>()
        const other = new DatabaseSync(join(folder, 'state.db'))
        for (const s of steps) {
          const scope = 'scope' in s ? (model.get(s.scope) ?? new Map<string, string>()) : new Map<string, string>()
          if ('scope' in s) model.set(s.scope, scope)
          if (s.does === 'lock' && !other.isTransaction) other.exec('BEGIN IMMEDIATE')
          if (s.does === 'unlock' && other.isTransaction) other.exec('ROLLBACK')
          if (s.does === 'set') state.set(s.scope, s.key, s.value)
          if (s.does === 'set') scope.set(s.key, s.value)
          if (s.does === 'delete') state.delete(s.scope, s.key)
          if (s.does === 'delete') scope.delete(s.key)
          if (s.does === 'clear') state.clear(s.scope)
          if (s.does === 'clear') scope.clear()
          for (const [name, entries] of model) expect(all(state, name)).toEqual([...entries].sort())
        }
        other.close()
        state.close()
        const next = openStateStore(folder)
        for (const [name, entries] of model) expect(all(next, name)).toEqual([...entries].sort())
        next.close()
      }),
      { numRuns: 30 },
    )
  })
})
