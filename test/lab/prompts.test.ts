import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lineDiff } from '../../src/lab/prompts/line-diff.ts'
import { LabUnderTest } from './lab-under-test.ts'

let under: LabUnderTest
const shellFile = (): string => join(under.prompts, 'debian-web', 'shell.md')

beforeEach(() => {
  under = new LabUnderTest()
})
afterEach(() => under.close())

/** A version with one rule more. */
function save(rule: string, parent = 1) {
  const persona = under.lab.persona('debian-web')
  const { shell, web } = under.lab.library.version('debian-web', parent)
  return under.lab.library.save(persona, { shell: `${shell}\n7. ${rule}\n`, web, author: 'ada', message: rule, parent })
}

describe('versions', () => {
  it('begin with what the files hold, are numbered, and are never changed', () => {
    under.lab.persona('debian-web')
    const first = under.lab.library.version('debian-web', 1)
    expect(first).toMatchObject({ author: 'prompts/', shell: readFileSync(shellFile(), 'utf8') })
    const second = save('Say less.')
    expect(second).toMatchObject({ number: 2, parent: 1, author: 'ada', message: 'Say less.' })
    expect(second.tokens.shell).toBeGreaterThan(first.tokens.shell)
    expect(save('Say less.')).toEqual(second)
    expect(under.lab.library.versions('debian-web')).toEqual([first, second])
  })

  it('with a variable that there is not are refused, with its line', () => {
    expect(() => save('You are {{hostnam}}.')).toThrow(/shell\.md:\d+: \{\{hostnam\}\}: there is no such variable/)
  })

  it('are found by number, label and the beginning of their id', () => {
    const version = save('Say less.')
    under.lab.library.move('debian-web', 'staging', 2, { by: 'ada' })
    for (const reference of [2, '2', '@2', 'staging', version.id.slice(0, 6)])
      expect(under.lab.library.version('debian-web', reference).number).toBe(2)
    expect(() => under.lab.library.version('debian-web', 'canary')).toThrow('no version canary')
  })
})

describe('production', () => {
  it('is deployed and rolled back by moving its label, and the files follow', () => {
    const persona = under.lab.persona('debian-web')
    const version = save('Say less.')
    expect(under.lab.promote(persona, version, { by: 'ada' })).toBe(true)
    expect(readFileSync(shellFile(), 'utf8')).toBe(version.shell)
    expect(under.lab.persona('debian-web').prompts.shell).toBe(version.shell)
    expect(under.lab.rollBack(under.lab.persona('debian-web'), { by: 'ada' })).toMatchObject({ version: { number: 1 }, written: true })
    expect(under.lab.deck.filesState('debian-web')).toEqual({ inStep: true, conflict: false, files: 1, production: 1 })
    expect(readFileSync(shellFile(), 'utf8')).not.toBe(version.shell)
  })

  it('is what the next visit meets, while who holds a persona keeps the prompts it began with', () => {
    const files = under.lab.persona('debian-web')
    const held = under.lab.deck.play(files, '203.0.113.1')
    const version = save('Say less.')
    under.lab.library.move('debian-web', 'production', version.number, { by: 'ada' })
    const next = under.open().deck.play(under.lab.persona('debian-web'), '203.0.113.1')
    expect(held.prompts.shell).not.toBe(version.shell)
    expect(next.prompts.shell).toBe(version.shell)
    expect(next.version).not.toBe(held.version)
    expect(under.lab.library.numberOf(next.version)).toBe(2)
  })

  it('follows an edit of the files, as it did before there were labels', () => {
    under.lab.persona('debian-web')
    writeFileSync(shellFile(), `${readFileSync(shellFile(), 'utf8')}\n7. Say less.\n`)
    under.lab.persona('debian-web')
    expect(under.lab.library.labels('debian-web')).toMatchObject({ production: 2, files: 2 })
  })

  it('stays when both sides were changed, until the operator has chosen', () => {
    const persona = under.lab.persona('debian-web')
    const mine = save('From the browser.')
    writeFileSync(shellFile(), `${readFileSync(shellFile(), 'utf8')}\n7. From git.\n`)
    expect(() => under.lab.promote(persona, mine, { by: 'ada' })).toThrow('holds a text that is no version yet')
    under.lab.library.move('debian-web', 'production', mine.number, { by: 'ada' })
    const edited = under.lab.persona('debian-web')
    expect(under.lab.deck.filesState('debian-web')).toEqual({ inStep: false, conflict: true, files: 3, production: 2 })
    expect(() => under.lab.promote(edited, mine, { by: 'ada' })).toThrow('prompts/debian-web holds version 3, production is version 2')
    expect(under.lab.promote(edited, mine, { by: 'ada' }, { overwrite: true })).toBe(true)
    expect(readFileSync(shellFile(), 'utf8')).toBe(mine.shell)
  })

  it('moves also where the files cannot be written, again and again, and another process brings them in step', () => {
    const persona = under.lab.persona('debian-web')
    const [second, third] = [save('Say less.'), save('Say nothing.')]
    // As the permission model leaves it: the label was moved, the files were not.
    under.lab.library.move('debian-web', 'production', second.number, { by: 'ada' })
    expect(under.lab.deck.filesState('debian-web')).toEqual({ inStep: false, conflict: false, files: 1, production: 2 })
    expect(under.lab.promote(persona, third, { by: 'ada' })).toBe(true)
    under.lab.library.move('debian-web', 'production', second.number, { by: 'ada' })
    expect(under.open().deck.writeFiles(under.lab.persona('debian-web'))).toBe(true)
    expect(readFileSync(shellFile(), 'utf8')).toBe(second.shell)
    expect(under.lab.deck.filesState('debian-web')).toMatchObject({ inStep: true, files: 2 })
  })
})

describe('the canary', () => {
  it('is met by its share of sources, the same ones each time', () => {
    const files = under.lab.persona('debian-web')
    const version = save('Say less.')
    under.lab.library.move('debian-web', 'canary', version.number, { by: 'ada' })
    under.lab.library.setCanaryShare('debian-web', 0.25)
    const sources = Array.from({ length: 400 }, (_, n) => `203.0.${n >> 8}.${n & 255}`)
    const meets = (lab: typeof under.lab): boolean[] => sources.map((ip) => lab.deck.play(files, ip).prompts.shell === version.shell)
    const first = meets(under.lab)
    expect(first.filter(Boolean).length).toBeGreaterThan(70)
    expect(first.filter(Boolean).length).toBeLessThan(130)
    expect(meets(under.open())).toEqual(first)
  })
})

it('a diff has what stays, goes and comes', () => {
  expect(lineDiff('a\nb\nc', 'a\nc\nd').map(({ kind, text }) => `${kind} ${text}`)).toEqual(['same a', 'old b', 'same c', 'new d'])
})
