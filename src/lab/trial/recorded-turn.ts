import { z } from 'zod'
import type { EventReader } from '../../store/contract.ts'
import { readTranscript } from '../../store/transcript.ts'
import { LabProblem } from '../lab-problem.ts'

const KEPT_TEXT = 16_000
const MOST_EARLIER = 200

/** One earlier turn of a session. */
const Earlier = z.object({
  input: z.string(),
  output: z.string(),
  stderr: z.string().default(''),
  exitCode: z.number().default(0),
  source: z.string(),
  /** Typed at a terminal, rather than sent as a command of its own. */
  typed: z.boolean(),
})

/** A turn as it was recorded, with all that is needed to ask it again. */
export const RecordedTurn = z.object({
  session: z.string(),
  event: z.string(),
  kind: z.enum(['shell', 'web']),
  persona: z.string(),
  /** Who typed it. */
  user: z.string(),
  input: z.string(),
  typed: z.boolean(),
  /** What was answered then. */
  output: z.string(),
  stderr: z.string().default(''),
  exitCode: z.number().default(0),
  /** What the engine was asked, when it was. */
  key: z.string().optional(),
  earlier: z.array(Earlier),
})
export type RecordedTurn = z.infer<typeof RecordedTurn>

/**
 * Reads a turn with what came before it in its session.
 * @throws {LabProblem} when there is none, or it is of a lure that no model answers
 */
export async function recordedTurn(store: EventReader, session: string, event: string): Promise<RecordedTurn> {
  const summary = await store.session(session)
  const turns = summary ? await readTranscript(store, summary.session) : []
  const place = turns.findIndex((turn) => turn.event === event)
  const turn = turns[place]
  if (!summary || !turn) throw new LabProblem('there is no such turn (any more)')
  if (turn.kind !== 'shell' && turn.kind !== 'web') throw new LabProblem(`no model answers turns of ${turn.kind}`)
  const persona = turn.generation?.persona ?? summary.persona
  if (persona === undefined) throw new LabProblem('it is not known which persona this turn met')
  const told = turns.slice(Math.max(0, place - MOST_EARLIER), place).filter(({ kind }) => kind === turn.kind)
  return {
    session: summary.session,
    event,
    kind: turn.kind,
    persona,
    user: typeof turn.detail?.user === 'string' ? turn.detail.user : 'root',
    input: turn.input.slice(0, KEPT_TEXT),
    typed: turn.detail?.tty !== undefined,
    output: turn.output.slice(0, KEPT_TEXT),
    stderr: turn.stderr?.slice(0, KEPT_TEXT) ?? '',
    exitCode: turn.exitCode ?? 0,
    ...(turn.generation?.question && { key: turn.generation.question.key }),
    earlier: told.map((one) => ({
      input: one.input.slice(0, KEPT_TEXT),
      output: one.output.slice(0, KEPT_TEXT),
      stderr: one.stderr?.slice(0, KEPT_TEXT) ?? '',
      exitCode: one.exitCode ?? 0,
      source: one.source ?? 'static',
      typed: one.detail?.tty !== undefined,
    })),
  }
}
