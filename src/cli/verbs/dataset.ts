import { readFileSync } from 'node:fs'
import { Assertion } from '../../lab/datasets/assertion.ts'
import { Dataset, Row } from '../../lab/datasets/dataset.ts'
import { promptfooConfig } from '../../lab/datasets/promptfoo.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { withLab } from '../open-lab.ts'
import { type Column, table } from '../table.ts'
import type { ExitCode, Verb } from '../verb.ts'

const columns: Column[] = [{ title: 'ROW' }, { title: 'INPUT', max: 50 }, { title: 'EXPECTED', max: 40 }, { title: 'ASSERTIONS', max: 50 }]

export const dataset: Verb = {
  name: 'dataset',
  summary: 'recorded turns with what a good answer to them is',
  usage: 'ls | show NAME | add NAME SESSION TURN | export NAME | import NAME FILE | rm NAME',
  examples: [
    'sundew dataset add php 0198d0a1 0198d0a2-… --assert \'{"type":"not-regex","value":"(?i)as an AI"}\'',
    'sundew dataset show php',
    'sundew dataset export php --format promptfoo > promptfooconfig.yaml',
    'sundew dataset import php rows.jsonl',
  ],
  options: { assert: { type: 'string' }, format: { type: 'string' }, as: { type: 'string' } },
  about: {
    assert: 'add: an assertion, or a list of them, as JSON',
    format: 'export: jsonl (default) or promptfoo',
    as: 'the reviewer whose correction is expected (default: who is logged in here)',
  },
  async run({ words: [what = 'ls', name, ...rest], ...given }, output) {
    return withLab({ ...given, words: [] }, async ({ lab, settings, author }): Promise<ExitCode> => {
      const { options, json } = given
      if (what === 'ls') {
        const all = lab.datasets.list().map(({ rows, ...one }) => ({ ...one, rows: rows.length }))
        if (json) output.line(jsonLine(all))
        else if (all.length === 0) output.line('no datasets yet: "sundew help dataset" shows how one is made')
        else for (const one of all) output.line(`${one.name}  ${one.rows} turns of ${one.persona}`)
        return 0
      }
      if (!name) throw new UsageProblem('which dataset? Say its NAME')
      switch (what) {
        case 'show': {
          const { rows } = lab.datasets.get(name)
          const cells = rows.map((row) => [
            row.id,
            row.turn.input,
            row.expected ?? '',
            row.assertions.map((one) => JSON.stringify(one)).join(' '),
          ])
          output.line(json ? jsonLine(rows) : table(columns, cells))
          return 0
        }
        case 'add': {
          const [session, event] = rest
          if (!session || !event) throw new UsageProblem('which turn? "sundew review ls" shows SESSION and TURN')
          const asserted = options.assert === undefined ? [] : [JSON.parse(String(options.assert)) as unknown].flat()
          const by = typeof options.as === 'string' ? options.as : author
          const row = await lab.addRow(
            name,
            by,
            { session, event },
            asserted.map((one) => Assertion.parse(one)),
          )
          output.line(json ? jsonLine(row) : `${name} has it as ${row.id}`)
          return 0
        }
        case 'export': {
          const whole = lab.datasets.get(name)
          if (options.format === 'promptfoo') {
            const persona = lab.persona(whole.persona)
            const versions = [lab.library.version(persona.name, 'production')]
            output.raw(promptfooConfig(whole, persona, versions, [lab.modelOf(persona)], settings.llm))
          } else for (const row of whole.rows) output.line(jsonLine(row))
          return 0
        }
        case 'import': {
          const rows = readFileSync(rest[0] ?? '', 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => Row.parse(JSON.parse(line)))
          const [first] = rows
          if (!first) throw new UsageProblem('the file has no rows')
          lab.datasets.put(Dataset.parse({ name, persona: first.turn.persona, about: '', createdAt: Date.now(), createdBy: author, rows }))
          output.line(`${name} has ${rows.length} rows`)
          return 0
        }
        case 'rm':
          lab.datasets.remove(name)
          output.line('removed')
          return 0
        default:
          throw new UsageProblem('say ls, show, add, export, import or rm')
      }
    })
  },
}
