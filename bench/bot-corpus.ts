import { Identity } from '../src/config/identity.ts'
import { loadPersona } from '../src/config/personas.ts'
import { ShellAnswer } from '../src/host/ask.ts'
import { createHosts } from '../src/host/hosts.ts'
import { assemblePrompt } from '../src/llm/prompt.ts'
import type { Answer, Engine, EngineState, Question, QuestionFacts } from '../src/llm/question.ts'
import { TokenEstimator } from '../src/llm/tokens.ts'
import { ListRecorder, MemoryState, noModel } from '../test/host/harness.ts'
import { type Family, families } from './bot-families.ts'

/** A command that has said nothing for so long, such as `top`, is interrupted. */
const PATIENCE_MS = 4_000
/** Target: lines that need no model. */
const TARGET_PERCENT = 90
const LONGEST_ANSWER = 2_000

/**
 * Sends what bots send to the simulated host, each family from a source of its own and line after line to the machine as it
 * has left it, and counts which lines the host answered itself and which it would have asked the model for; and the tokens of a
 * session so, beside those that it would cost if the model answered every line.
 */
export async function run(): Promise<Record<string, unknown>> {
  const asked = new Asked()
  const rows: Record<string, string | number>[] = []
  const needing: string[] = []
  for (const [n, family] of families().entries()) {
    const before = needing.length
    const tokens = asked.tokens
    const tokensWithout = await visit(family, `198.51.100.${n + 1}`, asked, needing)
    rows.push({ ...row(family.name, family.lines.length, needing.length - before), tokens: asked.tokens - tokens, tokensWithout })
  }
  const sum = (name: string): number => rows.reduce((all, { [name]: some }) => all + Number(some), 0)
  const lines = sum('lines')
  const perSession = { tokens: Math.round(sum('tokens') / rows.length), tokensWithout: Math.round(sum('tokensWithout') / rows.length) }
  rows.push({ ...row('all', lines, needing.length), tokens: sum('tokens'), tokensWithout: sum('tokensWithout') })
  console.table(rows)
  for (const line of needing) console.log(`  the model is asked for: ${line}`)
  const percent = Number((((lines - needing.length) / lines) * 100).toFixed(1))
  return {
    lines,
    static: lines - needing.length,
    llm: needing.length,
    percentWithoutModel: percent,
    targetPercent: TARGET_PERCENT,
    perSession,
  }
}

function row(family: string, lines: number, llm: number): Record<string, string | number> {
  return { family, lines, static: lines - llm, llm, percent: Number((((lines - llm) / lines) * 100).toFixed(1)) }
}

/** Counts the questions, and has no answer but the fallback. */
class Asked implements Engine {
  count = 0
  /** Tokens of the questions and of their usual answers. */
  tokens = 0

  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    this.count++
    const value = question.fallback()
    this.tokens += tokensOf(question, JSON.stringify(value))
    return { value, source: 'fallback', generation: {} }
  }

  state(): EngineState {
    return noModel.state()
  }
}

/** As the engine estimates them before a server has counted. */
function tokensOf(question: QuestionFacts, answer: string): number {
  return assemblePrompt(question, '', 'abcdefghijklmn', estimator).tokens + estimator.estimate('', answer)
}
const estimator = new TokenEstimator()

/** @returns tokens of this session if the model had answered each line, told what came before */
async function visit({ persona: name, lines }: Family, ip: string, engine: Asked, needing: string[]): Promise<number> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const hosts = createHosts({ identity, engine, state: new MemoryState() })
  const persona = loadPersona('prompts', name, identity)
  const host = hosts.of(persona, ip)
  const history: { input: string; output: string }[] = []
  let tokensWithout = 0
  for (const line of lines) {
    const before = engine.count
    const endpoints = { remote: { ip, port: 50_000 }, local: { ip: '10.20.0.14', port: 22 } }
    const process = host.spawn({
      user: 'root',
      command: line.replaceAll('⏎', '\n'),
      ...endpoints,
      via: 'sshd',
      recorder: new ListRecorder(),
    })
    process.stdin.end()
    const printed = { text: '' }
    const ended = Promise.all([drain(process.stdout, printed), drain(process.stderr, printed), process.exited])
    const timer = setTimeout(() => process.signal('KILL'), PATIENCE_MS)
    await Promise.race([ended, process.exited])
    clearTimeout(timer)
    process.hangup()
    if (engine.count > before) needing.push(line)
    const alone = { kind: 'shell', persona, schema: ShellAnswer, instructions: persona.prompts.shell, state: '', input: line, key: line }
    const asker = { ip, session: name }
    const answer = { stdout: printed.text, stderr: '', exitCode: 0, operations: [] }
    tokensWithout += tokensOf({ ...alone, history: [...history], share: 'source', asker }, JSON.stringify(answer))
    history.push({ input: line, output: printed.text })
  }
  hosts.close()
  return tokensWithout
}

/** Reads on to the end and keeps the first part, about as long as an answer of a model may be. */
async function drain(stream: AsyncIterable<Uint8Array>, printed: { text: string }): Promise<void> {
  for await (const bytes of stream) if (printed.text.length < LONGEST_ANSWER) printed.text += Buffer.from(bytes).toString('utf8')
  printed.text = printed.text.slice(0, LONGEST_ANSWER)
}
