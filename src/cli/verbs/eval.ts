import { printableLine } from '../../events/printable.ts'
import { type Experiment, standings } from '../../lab/datasets/experiment.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type OpenLab, withLab } from '../open-lab.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, ExitCode, Output, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'PROMPT' },
  { title: 'MODEL' },
  { title: 'TEMP', align: 'right' },
  { title: 'PASSES', align: 'right' },
  { title: 'IMPROVED', align: 'right' },
  { title: 'REGRESSED', align: 'right' },
  { title: 'MEDIAN MS', align: 'right' },
]

export const evaluate: Verb = {
  name: 'eval',
  summary: 'experiments: prompts, models and temperatures over a dataset',
  usage: 'ls | show ID | run DATASET --prompts V,V',
  examples: [
    'sundew eval run php --prompts 3,4',
    'sundew eval run php --prompts production,staging --models qwen3:4b-instruct,gemma3:4b --temperatures 0,0.4 --fail-below 0.9',
    'sundew eval run php --prompts 3,4 --recorded --fail-below 0.9',
    'sundew eval show 3f2a',
  ],
  options: {
    prompts: { type: 'string' },
    models: { type: 'string' },
    temperatures: { type: 'string' },
    repeat: { type: 'string' },
    seed: { type: 'string' },
    recorded: { type: 'boolean' },
    judge: { type: 'string' },
    'fail-below': { type: 'string' },
  },
  about: {
    prompts: 'versions or labels; the first is what the others are compared with (default production)',
    models: "models (default: the persona's)",
    temperatures: "temperatures (default: the persona's)",
    repeat: 'how often each turn is asked (default 1)',
    seed: 'seed of the first repeat (default 1)',
    recorded: 'take answers that were recorded for the same question',
    judge: 'model that judges rubrics',
    'fail-below': 'exit with 1 when a smaller share passes with any of the prompts after the first, or with the only one: 0.9',
  },
  async run(given, output) {
    const [what = 'ls', name] = given.words
    return withLab(given, async (open) => {
      if (what === 'ls') return list(open, given, output)
      if (!name) throw new UsageProblem('which one? Say ID, or run DATASET')
      if (what === 'show') return shown(open.lab.experiments.get(name), given, output)
      if (what !== 'run') throw new UsageProblem('say ls, show ID or run DATASET')
      return shown(await run(open, name, given, output), given, output)
    })
  },
}

async function run({ lab, author }: OpenLab, dataset: string, { options, json }: Arguments, output: Output): Promise<Experiment> {
  const persona = lab.persona(lab.datasets.get(dataset).persona)
  const words = (name: string): string[] =>
    String(options[name] ?? '')
      .split(',')
      .filter(Boolean)
  const references = words('prompts')
  const prompts = (references.length ? references : ['production']).map((one) => lab.library.version(persona.name, one).number)
  const { finished } = lab.startExperiment(
    {
      dataset,
      variants: lab.matrix(persona, prompts, words('models'), words('temperatures').map(Number)),
      seed: Number(options.seed ?? 1),
      repeats: Number(options.repeat ?? 1),
      by: author,
      recorded: options.recorded === true,
      ...(typeof options.judge === 'string' ? { judgeModel: options.judge } : {}),
    },
    // The bar is for people who watch.
    (done, of) => {
      if (!json && output.columns !== undefined)
        output.raw(`\r${'█'.repeat(Math.round((done / of) * 30)).padEnd(30, '░')} ${done} of ${of}${done === of ? '\n' : ''}`)
    },
  )
  return finished
}

function list({ lab }: OpenLab, { json }: Arguments, output: Output): ExitCode {
  const all = lab.experiments.list().map(({ cells: _c, ...one }) => one)
  if (json) output.line(jsonLine(all))
  else if (all.length === 0) output.line('no experiments yet')
  for (const one of json ? [] : lab.experiments.list())
    output.line(
      `${one.id}  ${new Date(one.startedAt).toISOString().slice(0, 16)}  ${one.dataset}  ${standings(one)
        .map(({ prompt, passed }) => `@${prompt} ${percent(passed)}`)
        .join('  ')}`,
    )
  return 0
}

function shown(experiment: Experiment, { options, json }: Arguments, output: Output): ExitCode {
  const all = standings(experiment)
  if (json) output.line(jsonLine({ ...experiment, standings: all }))
  else {
    output.line(`${experiment.id}: ${experiment.rows.length} turns of ${experiment.dataset}, seed ${experiment.seed}`)
    const cells = all.map((one) => [
      `@${one.prompt}`,
      one.model,
      one.temperature,
      percent(one.passed),
      one.improved.length,
      one.regressed.length,
      one.medianMs,
    ])
    output.line(table(columns, cells))
    for (const cell of experiment.cells.filter(({ pass }) => !pass)) {
      const input = experiment.rows.find(({ id }) => id === cell.row)?.input ?? cell.row
      const why = cell.results.filter(({ pass }) => !pass).map((one) => `not: ${one.why}`)
      output.line(`  @${experiment.variants[cell.variant]?.prompt} ${printableLine(input)}: ${printableLine(why.join('; '))}`)
    }
  }
  const bound = options['fail-below'] === undefined ? undefined : Number(options['fail-below'])
  const measured = all.length > 1 ? all.slice(1) : all
  return bound !== undefined && measured.some(({ passed }) => passed < bound) ? 1 : 0
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
