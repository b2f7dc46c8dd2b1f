import { describe, expect, it } from 'vitest'
import { Pins } from '../../src/llm/pins.ts'
import { MemoryState } from '../harness.ts'
import { shellQuestion } from './setup.ts'

const answer = { stdout: 'one\n', stderr: '', exitCode: 0, operations: [] }

describe('pins', () => {
  it('are versioned: what was pinned before stays readable, the last one holds', () => {
    const pins = new Pins(new MemoryState(), () => 7)
    const first = pins.put({
      persona: 'debian-web',
      kind: 'shell',
      key: 'php -v',
      answer,
      note: 'wrong year',
      from: { session: 's', event: 'e' },
    })
    const second = pins.put({ persona: 'debian-web', kind: 'shell', key: 'php -v', answer: { ...answer, stdout: 'two\n' } })
    expect([first.version, second.version, first.id === second.id]).toEqual([1, 2, true])
    expect(pins.find(shellQuestion('php -v'))?.value.stdout).toBe('two\n')
    expect(pins.list()).toHaveLength(1)
    expect(pins.history(first.id)).toMatchObject([{ version: 1, at: 7, note: 'wrong year', from: { session: 's' } }, { version: 2 }])
  })

  it('can be taken out of force and pinned again', () => {
    const pins = new Pins(new MemoryState())
    const { id } = pins.put({ persona: 'debian-web', kind: 'shell', key: 'php -v', answer })
    expect(pins.remove(id)).toBe(true)
    expect(pins.remove(id)).toBe(false)
    expect(pins.find(shellQuestion('php -v'))).toBeUndefined()
    expect(pins.list()).toEqual([])
    expect(pins.put({ persona: 'debian-web', kind: 'shell', key: 'php -v', answer }).version).toBe(3)
  })

  it('of a persona win over those for all, and hold for their kind and question only', () => {
    const pins = new Pins(new MemoryState())
    pins.put({ persona: '*', kind: 'shell', key: 'php -v', answer: { ...answer, stdout: 'all\n' } })
    expect(pins.find(shellQuestion('php -v'))?.value.stdout).toBe('all\n')
    pins.put({ persona: 'debian-web', kind: 'shell', key: 'php -v', answer })
    expect(pins.find(shellQuestion('php -v'))?.value.stdout).toBe('one\n')
    expect(pins.find(shellQuestion('php -m'))).toBeUndefined()
  })

  it('hold at once for whoever shares the state store', () => {
    const state = new MemoryState()
    const [running, tool] = [new Pins(state), new Pins(state)]
    tool.put({ persona: 'debian-web', kind: 'shell', key: 'php -v', answer })
    expect(running.find(shellQuestion('php -v'))?.value).toEqual(answer)
  })

  it('that do not have the form of the answer are passed over', () => {
    const pins = new Pins(new MemoryState())
    pins.put({ persona: 'debian-web', kind: 'shell', key: 'php -v', answer: { text: 'x' } })
    expect(pins.find(shellQuestion('php -v'))).toBeUndefined()
  })

  it('fill in variables once: what the attacker brought along is not looked at again', () => {
    const pins = new Pins(new MemoryState())
    pins.put({ persona: 'debian-web', kind: 'shell', key: 'k', answer: { ...answer, stdout: '{{input}} {{constructor}}\n' } })
    expect(pins.find(shellQuestion('x {{ip}}', { key: 'k' }))?.value.stdout).toBe('x {{ip}} {{constructor}}\n')
  })
})
