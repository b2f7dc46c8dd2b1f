import { z } from 'zod'
import { Assertion } from '../../../lab/datasets/assertion.ts'
import { DatasetName, Row } from '../../../lab/datasets/dataset.ts'
import { type Experiment, standings } from '../../../lab/datasets/experiment.ts'
import { promptfooConfig } from '../../../lab/datasets/promptfoo.ts'
import { PromptTexts } from '../../../lab/prompts/version.ts'
import { whoCalls } from '../access.ts'
import type { Routes } from '../app.ts'
import { audited } from '../audited.ts'
import { DatasetHead, DatasetShape, ExperimentHead, ExperimentShape, OutcomeShape, TurnPlace } from '../lab-shapes.ts'
import type { Services } from '../services.ts'
import { Done, Problem } from '../shapes.ts'

const Named = z.object({ name: DatasetName })
const InRow = Named.extend({ row: z.string().max(20) })
const ById = z.object({ id: z.string().regex(/^[0-9a-f-]{4,36}$/) })
const Model = z.string().trim().min(1).max(200)
const Temperature = z.number().min(0).max(2)

/** Playground, datasets and experiments. */
export const datasetRoutes: Routes = (app, services) => {
  const { lab, settings } = services

  app.post(
    '/playground',
    {
      config: { role: 'analyst' },
      schema: {
        summary: 'Ask a recorded turn again, by a saved version or by texts that are none yet',
        body: TurnPlace.extend({
          prompt: z.number().int().positive().optional(),
          draft: PromptTexts.optional(),
          model: Model.optional(),
          temperature: Temperature.optional(),
          seed: z.number().int().min(0).optional(),
        }),
        response: { 200: OutcomeShape, 409: Problem },
      },
    },
    async (request) => {
      const { session, event, ...wish } = request.body
      const turn = await lab.recorded(session, event)
      audited(services, request, 'turn tried', `${turn.persona} ${turn.input.slice(0, 100)}`)
      return lab.tryTurn(turn, wish)
    },
  )

  app.get('/datasets', { config: { role: 'viewer' }, schema: { summary: 'Datasets', response: { 200: z.array(DatasetHead) } } }, () =>
    lab.datasets.list().map((dataset) => ({ ...dataset, rows: dataset.rows.length })),
  )

  app.get(
    '/datasets/:name',
    { config: { role: 'viewer' }, schema: { summary: 'One dataset with its rows', params: Named, response: { 200: DatasetShape } } },
    ({ params }) => lab.datasets.get(params.name),
  )

  app.post(
    '/datasets/:name/rows',
    {
      config: { role: 'analyst' },
      schema: {
        summary: "Put a recorded turn into a dataset; the caller's correction is what is expected there",
        params: Named,
        body: TurnPlace.extend({ assertions: z.array(Assertion).max(30).default([]) }),
        response: { 200: Row, 409: Problem },
      },
    },
    async (request) => {
      const { session, event, assertions } = request.body
      const row = await lab.addRow(request.params.name, whoCalls(request).account, { session, event }, assertions)
      audited(services, request, 'dataset row added', `${request.params.name} ${row.id}`)
      return row
    },
  )

  app.patch(
    '/datasets/:name/rows/:row',
    {
      config: { role: 'analyst' },
      schema: {
        summary: 'Change what a row expects',
        params: InRow,
        body: Row.pick({ expected: true, note: true }).extend({ assertions: z.array(Assertion).max(30).optional() }),
        response: { 200: Row, 409: Problem },
      },
    },
    (request) => {
      const { name, row } = request.params
      const { expected, note, assertions } = request.body
      audited(services, request, 'dataset row changed', `${name} ${row}`)
      return lab.datasets.change(name, row, {
        ...(expected === undefined ? {} : { expected }),
        ...(note === undefined ? {} : { note }),
        ...(assertions === undefined ? {} : { assertions }),
      })
    },
  )

  app.delete(
    '/datasets/:name/rows/:row',
    { config: { role: 'analyst' }, schema: { summary: 'Take a row out', params: InRow, response: { 200: Done } } },
    (request) => {
      const { name, row } = request.params
      lab.datasets.removeRow(name, row)
      audited(services, request, 'dataset row removed', `${name} ${row}`)
      return { done: true as const }
    },
  )

  app.delete(
    '/datasets/:name',
    { config: { role: 'operator' }, schema: { summary: 'Delete a dataset', params: Named, response: { 200: Done } } },
    (request) => {
      lab.datasets.remove(request.params.name)
      audited(services, request, 'dataset deleted', request.params.name)
      return { done: true as const }
    },
  )

  app.get(
    '/datasets/:name/jsonl',
    { config: { role: 'viewer' }, schema: { summary: 'Its rows as JSON lines', params: Named, produces: ['application/jsonl'] } },
    ({ params }, reply) =>
      reply
        .header('content-disposition', `attachment; filename="${params.name}.jsonl"`)
        .type('application/jsonl; charset=utf-8')
        .send(
          lab.datasets
            .get(params.name)
            .rows.map((row) => `${JSON.stringify(row)}\n`)
            .join(''),
        ),
  )

  app.get(
    '/datasets/:name/promptfoo',
    {
      config: { role: 'viewer' },
      schema: { summary: 'The same as a configuration of promptfoo', params: Named, produces: ['application/yaml'] },
    },
    ({ params }, reply) => {
      const dataset = lab.datasets.get(params.name)
      const persona = lab.persona(dataset.persona)
      const { production, staging } = lab.deck.settle(persona)
      const versions = [...new Set([production, staging ?? production])].map((number) => lab.library.version(persona.name, number))
      return reply
        .header('content-disposition', `attachment; filename="${params.name}-promptfooconfig.yaml"`)
        .type('application/yaml; charset=utf-8')
        .send(promptfooConfig(dataset, persona, versions, [lab.modelOf(persona)], settings.llm))
    },
  )

  app.get(
    '/experiments',
    { config: { role: 'viewer' }, schema: { summary: 'Experiments, newest first', response: { 200: z.array(ExperimentHead) } } },
    () => lab.experiments.list().map((one) => ({ ...one, rows: one.rows.length, ...stateOf(one, services) })),
  )

  app.get(
    '/experiments/:id',
    { config: { role: 'viewer' }, schema: { summary: 'One with every answer', params: ById, response: { 200: ExperimentShape } } },
    ({ params }) => {
      const experiment = lab.experiments.get(params.id)
      return { ...experiment, ...stateOf(experiment, services) }
    },
  )

  app.post(
    '/experiments',
    {
      config: { role: 'analyst' },
      schema: {
        summary: 'Ask every row of a dataset by every prompt, model and temperature; the first prompt is what others are compared with',
        body: z.object({
          dataset: DatasetName,
          prompts: z.array(z.number().int().positive()).min(1).max(8),
          models: z.array(Model).max(8).default([]),
          temperatures: z.array(Temperature).max(8).default([]),
          repeats: z.number().int().min(1).max(20).default(1),
          seed: z.number().int().min(0).default(1),
          recorded: z.boolean().default(false),
          judgeModel: Model.optional(),
        }),
        response: { 200: z.object({ id: z.string() }), 409: Problem },
      },
    },
    (request) => {
      const { prompts, models, temperatures, judgeModel, ...wish } = request.body
      const persona = lab.persona(lab.datasets.get(wish.dataset).persona)
      const by = audited(services, request, 'experiment started', `${wish.dataset}: ${prompts.map((n) => `@${n}`).join(' ')}`)
      const variants = lab.matrix(persona, prompts, models, temperatures)
      const { experiment, finished } = lab.startExperiment({ ...wish, variants, by, ...(judgeModel ? { judgeModel } : {}) })
      finished.catch((error: unknown) => services.log.warn({ experiment: experiment.id, error: String(error) }, 'an experiment failed'))
      return { id: experiment.id }
    },
  )

  app.delete(
    '/experiments/:id',
    { config: { role: 'operator' }, schema: { summary: 'Delete an experiment', params: ById, response: { 200: Done } } },
    (request) => {
      lab.experiments.remove(request.params.id)
      audited(services, request, 'experiment deleted', request.params.id)
      return { done: true as const }
    },
  )
}

function stateOf(experiment: Experiment, { lab }: Services) {
  const running = lab.running.get(experiment.id)
  return { standings: standings(experiment), ...(running ? { running } : {}) }
}
