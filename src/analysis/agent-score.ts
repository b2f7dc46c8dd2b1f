import { LRUCache } from 'lru-cache'
import { evidenceText } from '../events/bytes.ts'
import { coreEvents, type SundewEvent } from '../events/schema.ts'

/** Signs that a language model types, with what each adds to the score. No single one is proof; two make one think. */
const WEIGHTS = {
  /** Sentences where commands belong. */
  prose: 0.35,
  /** Commands that explain themselves: `# Check for other users`. */
  comment: 0.35,
  /** Output laid out for a reader who gets it in one piece: `echo "=== USERS ==="`. */
  layout: 0.3,
  /** Long lines that come whole after a pause of uneven length: nobody types so fast, no script thinks so long. */
  pace: 0.4,
  /** What failed is asked again in another way, by another tool or other flags, not by mending a typing error. */
  retry: 0.25,
} as const
export type AgentSign = keyof typeof WEIGHTS

export interface AgentScore {
  /** 0 to 1. */
  score: number
  signs: AgentSign[]
}

/** One shell turn of a session. */
export interface TypedTurn {
  input: string
  /** UTC milliseconds at which the answer was complete. */
  endedAt: number
  durationMs: number
  exitCode: number | undefined
}

/** From this score on a session is tagged `agent:likely`. */
export const LIKELY = 0.6
const POSSIBLE = 0.4

const EXAMINED = 2_000
/** Words that hold sentences together and stand in no command line. */
const FUNCTION_WORDS =
  /^(the|this|that|these|is|are|was|i|i'm|i'll|you|your|we|let's|please|and|or|of|to|with|need|should|would|now|next|first|what|which|all|any|there|it|my|me|can|could|have|has|will|about|from)$/i
const COMMENT = /(^|[\n;&] ?)# ?[A-Za-z]+( [A-Za-z'/,-]+){2,}/
const LAYOUT = /\becho (-e )?["'](\\n)?(={2,}|-{3,}|#{2,}|\*{2,}) ?[A-Za-z][^"']*["']|\|\| ?echo ["'][A-Za-z][^"']* [^"']*["']/

/** Fastest typing that is believed, and the slowest pace of a script's own pauses. */
const CHARACTERS_PER_SECOND = 14
const LEAST_PAUSE_MS = 1_200
const LONG_LINE = 40

/** How much the turns of one session look like a language model's. A pure function; nothing is ever done about it. */
export function agentScore(turns: readonly TypedTurn[]): AgentScore {
  const signs: AgentSign[] = []
  const lines = turns.map(({ input }) => input.slice(0, EXAMINED).trim())
  if (lines.some(isProse)) signs.push('prose')
  if (lines.filter((line) => COMMENT.test(line)).length >= 1 + lines.length / 20) signs.push('comment')
  if (lines.filter((line) => LAYOUT.test(line)).length >= 2) signs.push('layout')
  if (hasPace(turns)) signs.push('pace')
  if (retries(turns) >= 2) signs.push('retry')
  const score = Math.min(
    1,
    signs.reduce((sum, sign) => sum + WEIGHTS[sign], 0),
  )
  return { score: Math.round(score * 100) / 100, signs }
}

/** Six words or more, two of which no command line has, and nothing of a shell's grammar. */
function isProse(line: string): boolean {
  if (/[|;&<>`${}=]|^(echo|printf|git commit|wall|write|grep|logger|mail) /.test(line)) return false
  const words = line.split(/\s+/)
  return words.length >= 6 && words.filter((word) => FUNCTION_WORDS.test(word)).length >= 2
}

function hasPace(turns: readonly TypedTurn[]): boolean {
  const pauses: number[] = []
  let pasted = 0
  for (let i = 1; i < turns.length; i++) {
    const [before, turn] = [turns[i - 1] as TypedTurn, turns[i] as TypedTurn]
    const pause = turn.endedAt - turn.durationMs - before.endedAt
    if (pause < LEAST_PAUSE_MS) continue
    pauses.push(pause)
    if (turn.input.length >= LONG_LINE && (turn.input.length * 1000) / pause > CHARACTERS_PER_SECOND) pasted++
  }
  if (pasted < 3 || pasted < (turns.length - 1) / 2) return false
  const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length
  const deviation = Math.sqrt(pauses.reduce((sum, pause) => sum + (pause - mean) ** 2, 0) / pauses.length)
  return deviation / mean > 0.15
}

function retries(turns: readonly TypedTurn[]): number {
  let found = 0
  for (let i = 1; i < turns.length; i++) {
    const [before, turn] = [turns[i - 1] as TypedTurn, turns[i] as TypedTurn]
    const pause = turn.endedAt - turn.durationMs - before.endedAt
    if (!before.exitCode || pause < LEAST_PAUSE_MS || before.input === turn.input) continue
    const [old, fresh] = [wordsOf(before.input), wordsOf(turn.input)]
    const kept = fresh.filter((word) => old.includes(word)).length
    // The same aim with at least two new words; a mended typing error changes one.
    if (kept >= 1 && fresh.length - kept >= 2) found++
  }
  return found
}

function wordsOf(line: string): string[] {
  return line
    .slice(0, EXAMINED)
    .split(/[\s|;&]+/)
    .filter((word) => word.length > 2)
}

const SESSIONS = 4_096
const TURNS = 64

interface Watched {
  turns: TypedTurn[]
  told: Set<string>
  score: AgentScore
}

/** Follows the shell sessions of a running sensor. Bounded: the oldest sessions and turns are forgotten. */
export class AgentWatch {
  readonly #sessions = new LRUCache<string, Watched>({ max: SESSIONS })

  /**
   * Tags for an event: `agent:possible` and `agent:likely` with the signs (`agent:sign-pace`) on the turn that made them
   * known, `agent:score-0.75` on the session's end.
   */
  tags(event: Pick<SundewEvent, 'type' | 'data' | 'session' | 'time'>): string[] {
    if (event.session === undefined) return []
    if (event.type === 'session.close') return this.#ended(event.session)
    if (event.type !== 'turn' || event.data.kind !== 'shell') return []
    const turn = coreEvents.turn.safeParse(event.data).data
    if (!turn) return []
    const watched = this.#sessions.get(event.session) ?? { turns: [], told: new Set<string>(), score: { score: 0, signs: [] } }
    this.#sessions.set(event.session, watched)
    if (watched.turns.length >= TURNS) return []
    watched.turns.push({
      input: evidenceText(turn.input).slice(0, EXAMINED),
      endedAt: event.time,
      durationMs: turn.durationMs,
      exitCode: turn.exitCode,
    })
    watched.score = agentScore(watched.turns)
    return news(watched)
  }

  #ended(session: string): string[] {
    const score = this.#sessions.get(session)?.score.score ?? 0
    this.#sessions.delete(session)
    return score > 0 ? [`agent:score-${score}`] : []
  }
}

function news({ score: { score, signs }, told }: Watched): string[] {
  if (score < POSSIBLE) return []
  const tags = ['agent:possible', ...(score >= LIKELY ? ['agent:likely'] : []), ...signs.map((sign) => `agent:sign-${sign}`)]
  const fresh = tags.filter((tag) => !told.has(tag))
  for (const tag of fresh) told.add(tag)
  return fresh
}
