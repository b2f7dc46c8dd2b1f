import { cpSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import type { Persona } from '../../src/config/persona.ts'
import { PersonaRegistry } from '../../src/config/persona-registry.ts'
import { ConfigProblem } from '../../src/config/problem.ts'

const shipped = join(import.meta.dirname, '../../prompts')
const names = ['hospital-integration', 'openwrt-router']
const identity = new Identity(Buffer.alloc(32, 1))

describe('PersonaRegistry', () => {
  let folder: string
  let registry: PersonaRegistry
  let changes: Mailbox<Persona>
  let problems: Mailbox<ConfigProblem>

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'personas-'))
    for (const name of names) cpSync(join(shipped, name), join(folder, name), { recursive: true })
    changes = new Mailbox()
    problems = new Mailbox()
    registry = PersonaRegistry.open({
      folder,
      names,
      identity,
      settleMs: 30,
      onChange: (persona) => changes.post(persona),
      onProblem: (problem) => problems.post(problem),
    })
  })

  afterEach(() => {
    registry.close()
    rmSync(folder, { recursive: true })
  })

  it('plays the new prompt text from the moment it is saved, and whoever holds the old persona keeps it', async () => {
    const old = registry.get('openwrt-router')
    writeFileSync(join(folder, 'openwrt-router/shell.md'), 'You are the shell of {{hostname}}.\n')
    const changed = await changes.next()
    expect(registry.get('openwrt-router')).toBe(changed)
    expect(changed.prompts.shell).toBe('You are the shell of {{hostname}}.\n')
    expect(changed.version).not.toBe(old.version)
    expect(old.prompts.shell).toContain('BusyBox')
  })

  it('sees a changed page of the site', async () => {
    writeFileSync(join(folder, 'openwrt-router/site/index.html'), '<title>new</title>')
    expect((await changes.next()).site.get('/index.html')?.toString()).toBe('<title>new</title>')
  })

  it('keeps the old version of a persona that became wrong, says what is wrong, and takes the corrected one', async () => {
    const good = registry.get('openwrt-router')
    writeFileSync(join(folder, 'openwrt-router/shell.md'), 'You are {{nobody_knows}}.\n')
    const problem = await problems.next()
    expect(problem).toBeInstanceOf(ConfigProblem)
    expect(problem.message).toContain('shell.md:1: {{nobody_knows}}')
    expect(registry.get('openwrt-router')).toBe(good)
    writeFileSync(join(folder, 'openwrt-router/shell.md'), 'You are {{hostname}}.\n')
    expect((await changes.next()).prompts.shell).toBe('You are {{hostname}}.\n')
  })

  it('is silent about a persona whose files were touched but not changed', async () => {
    const touched = registry.get('hospital-integration')
    utimesSync(join(folder, 'hospital-integration/web.md'), new Date(), new Date())
    writeFileSync(join(folder, 'openwrt-router/shell.md'), 'You are {{hostname}}.\n')
    expect((await changes.next()).name).toBe('openwrt-router')
    expect(changes.waiting + problems.waiting).toBe(0)
    expect(registry.get('hospital-integration')).toEqual(touched)
  })

  it('names every mistake of every persona before anything starts', () => {
    writeFileSync(join(folder, 'openwrt-router/web.md'), '{{wrong}}')
    const open = () => PersonaRegistry.open({ folder, names: ['openwrt-router', 'no-such'], identity })
    expect(open).toThrow(/\{\{wrong\}\}[\s\S]*there is no persona "no-such"/)
  })
})

/** Lets a test wait for what a callback brings, in order. */
class Mailbox<T> {
  readonly #letters: T[] = []
  #waiter: ((letter: T) => void) | undefined

  post(letter: T): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter) waiter(letter)
    else this.#letters.push(letter)
  }

  next(): Promise<T> {
    const letter = this.#letters.shift()
    return letter === undefined ? new Promise((resolve) => (this.#waiter = resolve)) : Promise.resolve(letter)
  }

  get waiting(): number {
    return this.#letters.length
  }
}
