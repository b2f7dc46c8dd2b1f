import { VERSION } from '../../version.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

export const version: Verb = {
  name: 'version',
  summary: 'versions of Sundew and of the Node that runs it',
  examples: ['sundew version', 'sundew version --json'],
  async run(given, output) {
    const facts = { sundew: VERSION, node: process.version, platform: `${process.platform} ${process.arch}` }
    output.line(given.json ? jsonLine(facts) : `sundew ${facts.sundew} (node ${facts.node}, ${facts.platform})`)
    return 0
  },
}
