import { z } from 'zod'
import { agreements } from '../../../lab/review/agreement.ts'
import { reviewQueue, SAMPLING } from '../../../lab/review/queue.ts'
import { Opinion } from '../../../lab/review/review.ts'
import { readTranscript } from '../../../store/transcript.ts'
import { whoCalls } from '../access.ts'
import type { Routes } from '../app.ts'
import { audited } from '../audited.ts'
import { AgreementShape, ReviewQueue, ReviewShape, TurnPlace, VersionHead } from '../lab-shapes.ts'
import { PeriodQuery, periodOf } from '../period.ts'
import { Done, Problem } from '../shapes.ts'

/** Earlier turns shown with one that waits for review. */
const BEFORE = 3

/** Judging turns: the queue, what reviewers say, and what becomes of their corrections. */
export const reviewRoutes: Routes = (app, services) => {
  const { lab } = services

  app.get(
    '/review/queue',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Turns that wait for the caller to judge them, newest first, by sampling rules',
        querystring: PeriodQuery.extend({
          /** Comma-separated. */
          rules: z
            .string()
            .default('guard,fallback,slow,new,random')
            .transform((text) => text.split(',').filter(Boolean))
            .pipe(z.array(z.enum(SAMPLING))),
          random: z.coerce.number().int().min(0).max(500).default(10),
          seed: z.string().max(60).default('1'),
          persona: z.string().max(60).optional(),
          limit: z.coerce.number().int().min(1).max(100).default(20),
        }),
        response: { 200: ReviewQueue },
      },
    },
    async (request) => {
      const { rules, random, seed, persona, limit, ...period } = request.query
      const store = services.store()
      const { queue, judged } = await reviewQueue(store, lab.reviews.all(), {
        period: periodOf(period),
        reviewer: whoCalls(request).account,
        rules,
        random,
        seed,
        ...(persona ? { persona } : {}),
      })
      const shown = await Promise.all(
        queue.slice(0, limit).map(async (item) => {
          const turns = await readTranscript(store, item.session)
          const place = turns.findIndex(({ event }) => event === item.turn.event)
          return { ...item, before: turns.slice(Math.max(0, place - BEFORE), Math.max(0, place)) }
        }),
      )
      return { queue: shown, waiting: queue.length, judged }
    },
  )

  app.get(
    '/review/turns',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'What reviewers said of the turns of a session, or of all, oldest first',
        querystring: z.object({ session: z.string().max(40).optional() }),
        response: { 200: z.array(ReviewShape) },
      },
    },
    ({ query }) => lab.reviews.all().filter(({ session }) => query.session === undefined || session === query.session),
  )

  app.post(
    '/review/turns',
    {
      config: { role: 'analyst' },
      schema: {
        summary: 'Judge a turn: marks, score, comment, the right answer',
        body: TurnPlace.extend(Opinion.shape),
        response: { 200: ReviewShape, 409: Problem },
      },
    },
    async (request) => {
      const { session, event, ...opinion } = request.body
      const { account } = whoCalls(request)
      const review = await lab.judge(session, event, account, opinion)
      audited(services, request, 'turn reviewed', `${event} ${review.marks.join(', ')}`)
      return review
    },
  )

  app.delete(
    '/review/turns/:event',
    {
      config: { role: 'analyst' },
      schema: { summary: "Take the caller's own review back", params: z.object({ event: z.uuid() }), response: { 200: Done } },
    },
    (request) => {
      lab.reviews.remove(request.params.event, whoCalls(request).account)
      audited(services, request, 'review taken back', request.params.event)
      return { done: true as const }
    },
  )

  app.post(
    '/review/pin',
    {
      config: { role: 'operator' },
      schema: {
        summary: "Make the caller's correction of a turn the answer that the next one gets",
        body: TurnPlace,
        response: { 200: z.object({ pin: z.string(), version: z.number() }), 409: Problem },
      },
    },
    async (request) => {
      const { session, event } = request.body
      const pin = await lab.pin(session, event, whoCalls(request).account)
      audited(services, request, 'answer pinned', `${pin.persona} ${pin.key.slice(0, 200)}`)
      return { pin: pin.id, version: pin.version }
    },
  )

  app.post(
    '/review/example',
    {
      config: { role: 'operator' },
      schema: {
        summary: "Make the caller's correction an example in a new version of the prompt, under staging",
        body: TurnPlace,
        response: { 200: VersionHead, 409: Problem },
      },
    },
    async (request) => {
      const { session, event } = request.body
      const version = await lab.example(session, event, whoCalls(request).account)
      audited(services, request, 'prompt saved', `${version.persona}@${version.number}: ${version.message}`)
      return version
    },
  )

  app.get(
    '/review/agreement',
    {
      config: { role: 'viewer' },
      schema: { summary: 'How far pairs of reviewers agree', response: { 200: z.array(AgreementShape) } },
    },
    () => agreements(lab.reviews.all()),
  )

  app.get(
    '/review/export',
    { config: { role: 'analyst' }, schema: { summary: 'All reviews as JSON lines', produces: ['application/jsonl'] } },
    (_request, reply) =>
      reply
        .header('content-disposition', 'attachment; filename="sundew-reviews.jsonl"')
        .type('application/jsonl; charset=utf-8')
        .send(
          lab.reviews
            .all()
            .map((review) => `${JSON.stringify(review)}\n`)
            .join(''),
        ),
  )
}
