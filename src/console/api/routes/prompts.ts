import { z } from 'zod'
import { PROMPT_VARIABLES } from '../../../config/personas.ts'
import { versionMetrics } from '../../../lab/metrics.ts'
import { lineDiff } from '../../../lab/prompts/line-diff.ts'
import { PromptTexts } from '../../../lab/prompts/version.ts'
import { whoCalls } from '../access.ts'
import type { Routes } from '../app.ts'
import { audited } from '../audited.ts'
import { CheckedTexts, Deployed, DiffShape, GateShape, MetricsShape, PersonaPrompts, VersionHead, VersionShape } from '../lab-shapes.ts'
import { PeriodQuery, periodOf } from '../period.ts'
import type { Services } from '../services.ts'
import { Done, Problem } from '../shapes.ts'

const Named = z.object({ persona: z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/) })
const Numbered = Named.extend({ number: z.coerce.number().int().positive() })
const Why = z.string().trim().max(500).optional()

/** Prompt versions, their labels, and how they do. */
export const promptRoutes: Routes = (app, services) => {
  const { lab } = services

  app.get(
    '/prompts',
    { config: { role: 'viewer' }, schema: { summary: 'Personas with their prompt versions', response: { 200: z.array(PersonaPrompts) } } },
    () => services.personas().map(({ name }) => promptsOf(name, services)),
  )

  app.get(
    '/prompts/:persona',
    { config: { role: 'viewer' }, schema: { summary: 'One persona', params: Named, response: { 200: PersonaPrompts } } },
    ({ params }) => promptsOf(params.persona, services),
  )

  app.get(
    '/prompts/:persona/versions/:number',
    { config: { role: 'viewer' }, schema: { summary: 'A version with its texts', params: Numbered, response: { 200: VersionShape } } },
    ({ params }) => lab.library.version(params.persona, params.number),
  )

  app.get(
    '/prompts/:persona/diff',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'What changed from one version to another, line by line',
        params: Named,
        querystring: z.object({ from: z.coerce.number().int(), to: z.coerce.number().int() }),
        response: { 200: DiffShape },
      },
    },
    ({ params, query }) => {
      const [before, after] = [query.from, query.to].map((number) => lab.library.version(params.persona, number))
      const texts = (['shell', 'web'] as const).map((side) => ({
        file: `${side}.md`,
        changed: before?.[side] !== after?.[side],
        lines: lineDiff(before?.[side] ?? '', after?.[side] ?? ''),
      }))
      return { from: query.from, to: query.to, texts }
    },
  )

  app.post(
    '/prompts/:persona/check',
    {
      config: { role: 'analyst' },
      schema: { summary: 'What is wrong with texts, and their size', params: Named, body: PromptTexts, response: { 200: CheckedTexts } },
    },
    ({ params, body }) => lab.checkTexts(lab.persona(params.persona), body),
  )

  app.post(
    '/prompts/:persona/versions',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Save texts as a new version; no label moves',
        params: Named,
        body: PromptTexts.extend({ message: z.string().trim().min(1).max(500), parent: z.number().int().positive() }),
        response: { 200: VersionHead, 409: Problem, 422: Problem },
      },
    },
    (request) => {
      const persona = lab.persona(request.params.persona)
      const version = lab.library.save(persona, { ...request.body, author: whoCalls(request).account })
      audited(services, request, 'prompt saved', `${persona.name}@${version.number}: ${version.message}`)
      return version
    },
  )

  app.post(
    '/prompts/:persona/promote',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Make a version production; visits that run keep what they began with',
        params: Named,
        body: z.object({
          number: z.number().int().positive(),
          why: Why,
          /** Writes over files that were changed meanwhile. */
          overwrite: z.boolean().default(false),
          /** Passes by the gate; the audit log says so. */
          ungated: z.boolean().default(false),
        }),
        response: { 200: Deployed, 409: Problem },
      },
    },
    (request) => {
      const { number, why, overwrite, ungated } = request.body
      const persona = lab.persona(request.params.persona)
      const version = lab.library.version(persona.name, number)
      const by = { by: whoCalls(request).account, ...(why ? { why } : {}) }
      const written = lab.promote(persona, version, by, { overwrite, ungated })
      audited(services, request, 'prompt promoted', `${persona.name}@${number}${ungated ? ', past its gate' : ''}`)
      return { number, written }
    },
  )

  app.post(
    '/prompts/:persona/rollback',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Move production back to where it was before',
        params: Named,
        body: z.object({ why: Why }),
        response: { 200: Deployed, 409: Problem },
      },
    },
    (request) => {
      const { why } = request.body
      const persona = lab.persona(request.params.persona)
      const { version, written } = lab.rollBack(persona, { by: whoCalls(request).account, ...(why ? { why } : {}) })
      audited(services, request, 'prompt rolled back', `${persona.name}@${version.number}`)
      return { number: version.number, written }
    },
  )

  app.post(
    '/prompts/:persona/labels',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Point staging or canary to a version or to none, and set the share of sources that meet the canary',
        params: Named,
        body: z.object({
          label: z.enum(['staging', 'canary']),
          number: z.number().int().positive().nullable(),
          share: z.number().min(0).max(1).optional(),
        }),
        response: { 200: Done, 409: Problem },
      },
    },
    (request) => {
      const { label, number, share } = request.body
      const { name } = lab.persona(request.params.persona)
      lab.library.move(name, label, number ?? undefined, { by: whoCalls(request).account })
      if (share !== undefined) lab.library.setCanaryShare(name, share)
      const part = share === undefined ? '' : ` for ${Math.round(share * 100)} %`
      audited(services, request, 'prompt label moved', number === null ? `${name} ${label} off` : `${name}@${number} ${label}${part}`)
      return { done: true as const }
    },
  )

  app.post(
    '/prompts/:persona/gate',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Say what a version must show before it may become production',
        params: Named,
        body: z.object({ gate: GateShape.nullable() }),
        response: { 200: Done, 409: Problem },
      },
    },
    (request) => {
      const { name } = lab.persona(request.params.persona)
      const { gate } = request.body
      lab.setGate(name, gate ?? undefined)
      audited(services, request, 'prompt gate set', gate ? `${name}: ${gate.dataset} ${gate.atLeast}` : `${name}: none`)
      return { done: true as const }
    },
  )

  app.get(
    '/prompts/:persona/metrics',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'How its versions do with live visitors',
        params: Named,
        querystring: PeriodQuery,
        response: { 200: z.array(MetricsShape) },
      },
    },
    ({ params, query }) => versionMetrics(services.store(), lab.library, params.persona, periodOf(query)),
  )
}

function promptsOf(name: string, { lab }: Services): PersonaPrompts {
  const persona = lab.persona(name)
  const { summary, hostname, os, model, facts } = persona
  return {
    persona: name,
    summary,
    hostname,
    os: `${os.name} ${os.version}`,
    model: lab.modelOf(persona),
    temperature: model.temperature,
    contextTokens: model.contextTokens,
    maxTokens: model.maxTokens,
    variables: [...PROMPT_VARIABLES, ...Object.keys(facts).map((fact) => `facts.${fact}`)],
    labels: { ...lab.deck.settle(persona), gate: lab.gate(name) },
    files: lab.deck.filesState(name) ?? { inStep: true, conflict: false, files: 1, production: 1 },
    versions: lab.library.versions(name).reverse(),
  }
}
