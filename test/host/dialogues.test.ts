import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Dialogue, play, stepsOf } from './dialogue.ts'
import { makeHost } from './harness.ts'

const folder = new URL('dialogues/', import.meta.url)

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const dialogues = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Dialogue[]
  describe(`at a terminal: ${file.replace('.json', '')}`, () => {
    const host = makeHost()
    it.each(dialogues)('$name', async (dialogue) => {
      expect(await play(dialogue, host)).toEqual(stepsOf(dialogue))
    })
  })
}
