import { readFileSync } from 'node:fs'
import { Identity } from '../src/config/identity.ts'
import { loadPersona } from '../src/config/personas.ts'
import { createHosts } from '../src/host/hosts.ts'
import type { Answer, Engine, EngineState, Question } from '../src/llm/question.ts'
import { ListRecorder, MemoryState, noModel } from '../test/host/harness.ts'

/** A command that has said nothing for so long, such as `top`, is interrupted. */
const PATIENCE_MS = 4_000
/** Target: lines that need no model. */
const TARGET_PERCENT = 90

interface Family {
  name: string
  persona: string
  lines: string[]
}

/**
 * Sends what bots send to the simulated host, each family from a source of its own and line after line to the machine as it
 * has left it, and counts which lines the host answered itself and which it would have asked the model for.
 */
export async function run(): Promise<Record<string, unknown>> {
  const asked = new Asked()
  const rows: Record<string, string | number>[] = []
  const needing: string[] = []
  for (const [n, family] of families().entries()) {
    const before = needing.length
    await visit(family, `198.51.100.${n + 1}`, asked, needing)
    rows.push(row(family.name, family.lines.length, needing.length - before))
  }
  const lines = rows.reduce((sum, { lines: some }) => sum + Number(some), 0)
  rows.push(row('all', lines, needing.length))
  console.table(rows)
  for (const line of needing) console.log(`  the model is asked for: ${line}`)
  const percent = Number((((lines - needing.length) / lines) * 100).toFixed(1))
  return { lines, static: lines - needing.length, llm: needing.length, percentWithoutModel: percent, targetPercent: TARGET_PERCENT }
}

function row(family: string, lines: number, llm: number): Record<string, string | number> {
  return { family, lines, static: lines - llm, llm, percent: Number((((lines - llm) / lines) * 100).toFixed(1)) }
}

/** Counts the questions, and has no answer but the fallback. */
class Asked implements Engine {
  count = 0

  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    this.count++
    return { value: question.fallback(), source: 'fallback', generation: {} }
  }

  state(): EngineState {
    return noModel.state()
  }
}

async function visit({ persona: name, lines }: Family, ip: string, engine: Asked, needing: string[]): Promise<void> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const hosts = createHosts({ identity, engine, state: new MemoryState() })
  const host = hosts.of(loadPersona('prompts', name, identity), ip)
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
    const ended = Promise.all([drain(process.stdout), drain(process.stderr), process.exited])
    const timer = setTimeout(() => process.signal('KILL'), PATIENCE_MS)
    await Promise.race([ended, process.exited])
    clearTimeout(timer)
    process.hangup()
    if (engine.count > before) needing.push(line)
  }
  hosts.close()
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}

/** `## NAME PERSONA`, then one command line a line; `⏎` is a line break within one. */
function families(): Family[] {
  const found: Family[] = []
  for (const line of readFileSync(new URL('./bot-corpus.txt', import.meta.url), 'utf8').split('\n')) {
    const [, name, persona] = /^## (\S+) (\S+)$/.exec(line) ?? []
    if (name && persona) found.push({ name, persona, lines: [] })
    else if (line && !line.startsWith('#')) found.at(-1)?.lines.push(line)
  }
  return found
}
