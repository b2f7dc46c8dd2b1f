import { printable } from '../../events/printable.ts'
import { agreements } from '../../lab/review/agreement.ts'
import { reviewQueue, SAMPLING, type Sampling } from '../../lab/review/queue.ts'
import { MARKS, Opinion } from '../../lab/review/review.ts'
import { UsageProblem } from '../cli.ts'
import { parseSince } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import { type OpenLab, withLab } from '../open-lab.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, ExitCode, Output, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'SESSION' },
  { title: 'TURN' },
  { title: 'WHY' },
  { title: 'INPUT', max: 40 },
  { title: 'ANSWER', max: 40 },
]

export const review: Verb = {
  name: 'review',
  summary: 'judge what the model answered, and turn corrections into pins or examples',
  usage: 'ls | next | mark SESSION TURN MARK… | pin SESSION TURN | example SESSION TURN | agreement | export',
  examples: [
    'sundew review ls --since 24h --rules guard,slow',
    'sundew review next',
    "sundew review mark 0198d0a1 0198d0a2-… gave-itself-away --score 1 --stdout 'PHP 8.2.29 (cli)'",
    'sundew review pin 0198d0a1 0198d0a2-…',
    'sundew review export > reviews.jsonl',
  ],
  options: {
    since: { type: 'string' },
    rules: { type: 'string' },
    random: { type: 'string' },
    score: { type: 'string' },
    comment: { type: 'string' },
    stdout: { type: 'string' },
    stderr: { type: 'string' },
    exit: { type: 'string' },
    as: { type: 'string' },
  },
  about: {
    since: 'turns since then: 24h, 7d, or an ISO date (default 7d)',
    rules: `which turns: ${SAMPLING.join(',')} (default all but second)`,
    random: 'turns a persona that are drawn at random (default 10)',
    score: 'mark: 1 (gives the game away) to 5',
    comment: 'mark: why',
    stdout: 'mark: what it should have printed; a last newline is added',
    stderr: 'mark: what it should have said on standard error',
    exit: 'mark: its exit status (default 0)',
    as: 'the reviewer (default: who is logged in here)',
  },
  async run(given, output) {
    const [what = 'ls', ...words] = given.words
    return withLab(given, async (open) => {
      const reviewer = typeof given.options.as === 'string' ? given.options.as : open.author
      switch (what) {
        case 'ls':
        case 'next':
          return await waiting(open, reviewer, what, given, output)
        case 'mark':
          return await mark(open, reviewer, words, given, output)
        case 'pin': {
          const pin = await open.lab.pin(...placeOf(words), reviewer)
          output.line(
            given.json ? jsonLine(pin) : `pinned as ${pin.id.slice(0, 12)}, version ${pin.version}: the next one who asks gets it`,
          )
          return 0
        }
        case 'example': {
          const version = await open.lab.example(...placeOf(words), reviewer)
          output.line(given.json ? jsonLine(version) : `${version.persona}@${version.number} has it, under staging`)
          return 0
        }
        case 'agreement':
          return agreement(open, given, output)
        case 'export':
          for (const one of open.lab.reviews.all()) output.line(jsonLine(one))
          return 0
        default:
          throw new UsageProblem('say ls, next, mark, pin, example, agreement or export')
      }
    })
  },
}

async function waiting(
  { lab, store }: OpenLab,
  reviewer: string,
  what: 'ls' | 'next',
  given: Arguments,
  output: Output,
): Promise<ExitCode> {
  const { options, json } = given
  const since = parseSince(String(options.since ?? '7d'))
  if (since === undefined) throw new UsageProblem(`--since ${options.since} is neither a span (24h) nor a date`)
  const rules = String(options.rules ?? SAMPLING.filter((one) => one !== 'second').join(',')).split(',')
  const unknown = rules.find((rule) => !(SAMPLING as readonly string[]).includes(rule))
  if (unknown !== undefined) throw new UsageProblem(`there is no rule ${unknown}: ${SAMPLING.join(', ')}`)
  const { queue } = await reviewQueue(store(), lab.reviews.all(), {
    period: { since, until: Date.now() + 1 },
    reviewer,
    rules: rules as Sampling[],
    random: Number(options.random ?? 10),
    seed: '1',
  })
  const shown = what === 'next' ? queue.slice(0, 1) : queue
  if (json) output.line(jsonLine(shown))
  else if (shown.length === 0) output.line('nothing waits for you')
  else if (what === 'ls')
    output.line(
      table(
        columns,
        shown.map(({ session, turn, why }) => [session, turn.event, why.join('+'), turn.input, turn.output]),
      ),
    )
  else
    for (const { session, turn, why } of shown)
      output.line(`${session} ${turn.event}  ${why.join(', ')}\n$ ${printable(turn.input)}\n${printable(turn.output)}`)
  return 0
}

async function mark({ lab }: OpenLab, reviewer: string, words: string[], { options, json }: Arguments, output: Output): Promise<ExitCode> {
  const [session, event] = placeOf(words)
  const { stdout, stderr, exit, score, comment } = options
  const ended = (text: unknown): string => (typeof text !== 'string' || text === '' ? '' : `${text}\n`)
  const isCorrected = stdout !== undefined || stderr !== undefined || exit !== undefined
  const opinion = Opinion.safeParse({
    marks: words.slice(2),
    ...(score === undefined ? {} : { score: Number(score) }),
    ...(comment === undefined ? {} : { comment }),
    ...(isCorrected ? { correction: { stdout: ended(stdout), stderr: ended(stderr), exitCode: Number(exit ?? 0), operations: [] } } : {}),
  })
  if (!opinion.success) throw new UsageProblem(`marks are ${MARKS.join(', ')}; a score is 1 to 5`)
  const saved = await lab.judge(session, event, reviewer, opinion.data)
  output.line(json ? jsonLine(saved) : `judged by ${reviewer}`)
  return 0
}

function agreement({ lab }: OpenLab, { json }: Arguments, output: Output): ExitCode {
  const all = agreements(lab.reviews.all())
  if (json) output.line(jsonLine(all))
  else if (all.length === 0) output.line('no turn was judged by two people yet')
  for (const { reviewers, turns, same, kappa } of json ? [] : all)
    output.line(
      `${reviewers.join(' and ')}: ${turns} turns, ${Math.round(same * 100)} % the same, kappa ${kappa?.toFixed(2) ?? 'not defined'}`,
    )
  return 0
}

function placeOf([session, event]: string[]): [string, string] {
  if (!session || !event) throw new UsageProblem('which turn? "sundew review ls" shows SESSION and TURN')
  return [session, event]
}
