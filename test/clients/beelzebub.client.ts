import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { OutputEntry } from '../../src/config/outputs.ts'
import { createHosts } from '../../src/host/hosts.ts'
import type { Answer, Engine, Question } from '../../src/llm/question.ts'
import { openSink } from '../../src/outputs/outputs.ts'
import ssh from '../../src/ssh/index.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { withoutWayBack } from '../outputs/fake-server.ts'
import { type Ran, ran } from './ran.ts'

/** A model that makes another version up each time it is asked, never answers `qshape corrupt`, and is told when it is not needed any more. */
class InventiveModel implements Engine {
  asked = 0
  cancelled = 0
  readonly #known = new Map<string, string>()
  state = noEngine.state

  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    if (question.input.startsWith('qshape corrupt')) await new Promise<void>((resolve) => this.#untilCancelled(question.signal, resolve))
    const cached = this.#known.get(question.key) ?? `invented ${++this.asked}\nDriver Version: 535.${this.asked}\n`
    this.#known.set(question.key, cached)
    const value = question.schema.parse({ stdout: cached, stderr: '', exitCode: 0, operations: [] })
    return { value, source: 'llm', generation: { model: 'test' } }
  }

  #untilCancelled(signal: AbortSignal | undefined, resolve: () => void): void {
    signal?.addEventListener('abort', () => {
      this.cancelled++
      resolve()
    })
  }
}

const model = new InventiveModel()
let playing: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'beelzebub-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: model, state })
  playing = await play(ssh, { persona: 'debian-web', identity, state, hosts, options: { delays: false }, settings: { data: folder } })
})
afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const settings = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'].flatMap((one) => ['-o', one])
const client = (...words: string[]): string[] => ['-p', 'x', 'ssh', '-p', String(playing.port()), ...settings, 'root@127.0.0.1', ...words]
const command = (text: string): Promise<Ran> => ran('sshpass', client(text))

/** A session at a terminal: each line is typed once the words before it have been seen. */
function typed(...steps: [after: RegExp, line: string][]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('sshpass', ['-p', 'x', 'ssh', '-tt', ...client().slice(3)])
    let seen = ''
    let from = 0
    child.stdout.on('data', (bytes: Buffer) => {
      seen += bytes.toString('latin1')
      const [next] = steps
      if (!next?.[0].test(seen.slice(from))) return
      from = seen.length
      steps.shift()
      child.stdin.write(next[1])
    })
    child.on('close', () => resolve(seen))
  })
}

const PROMPT = /[#$] (?:\u001b\[[\d;?]*[a-z])*$/

describe('commands that Beelzebub is tried with', () => {
  it('follow the directory, and what was invented stays what it was', async () => {
    const said = await typed(
      [PROMPT, 'cd /tmp\r'],
      [PROMPT, 'pwd\r'],
      [PROMPT, 'qshape active\r'],
      [PROMPT, 'qshape active\r'],
      [PROMPT, 'qshape active | grep Driver\r'],
      [PROMPT, 'exit\r'],
    )
    expect(said).toMatch(/\/tmp# (?:\S+)?pwd\r\n[\s\S]*\/tmp\r\n/)
    expect([...new Set(said.match(/535\.\d+/g))]).toHaveLength(1)
    expect(said.match(/535\.\d+/g)?.length).toBe(3)
    expect(said).not.toMatch(/\$1/)
  }, 60_000)

  it('end with their own status', async () => {
    expect((await command('false')).code).toBe(1)
    expect((await command('exit 7')).code).toBe(7)
  }, 60_000)

  it('are given up by Ctrl-C: a new prompt, and nobody goes on thinking', async () => {
    const said = await typed(
      [PROMPT, 'qshape corrupt\r'],
      [/qshape corrupt\r\n/, '\u0003'],
      [PROMPT, 'echo st""ill here\r'],
      [PROMPT, 'exit\r'],
    )
    expect(said).toMatch(/\^C[\s\S]*still here/)
    expect(model.cancelled).toBe(1)
  }, 60_000)

  it('are lines of its log, with input and output whole', async () => {
    const sink = openSink(
      OutputEntry.parse({ kind: 'tpot', folder: join(folder, 'tpot'), systems: ['Beelzebub'] }),
      { data: folder },
      { ...withoutWayBack, store: { events: async ({ session }) => playing.events.filter((event) => event.session === session) } },
    )
    await sink.send(playing.events, AbortSignal.timeout(10_000))
    await sink.close?.()
    const file = join(folder, 'tpot/beelzebub/log/beelzebub.json')
    const lines = (await ran('jq', ['-c', 'select(.status=="Interaction")', file])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { input: string; output: string; session: string })
    expect(lines.map(({ input }) => input)).toEqual(
      expect.arrayContaining(['cd /tmp', 'pwd', 'qshape active', 'qshape active | grep Driver']),
    )
    expect(lines.find(({ input }) => input === 'pwd')?.output).toBe('/tmp\n')
    expect(new Set(lines.slice(0, 5).map(({ session }) => session)).size).toBe(1)
    expect(readFileSync(file, 'utf8')).not.toMatch(/"lure\.fault"/)
  })
})

describe('without a model', () => {
  it('a program answers plausibly, none of them with the same error', async () => {
    const identity = new Identity(Buffer.alloc(32, 8))
    const state = new MemoryState()
    const alone = await play(ssh, {
      persona: 'debian-web',
      identity,
      state,
      hosts: createHosts({ identity, engine: noEngine, state }),
      options: { delays: false },
    })
    try {
      const at = ['-p', 'x', 'ssh', '-p', String(alone.port()), ...settings, 'root@127.0.0.1']
      const answers: string[] = []
      for (const text of ['qshape active', 'systemctl --version', 'no-such-program']) {
        const { stdout, stderr } = await ran('sshpass', [...at, text])
        answers.push(stdout + stderr)
      }
      expect(new Set(answers).size).toBe(3)
      expect(answers[2]).toBe('bash: line 1: no-such-program: command not found\n')
      expect(answers.slice(0, 2).join('')).not.toMatch(/command not found/)
    } finally {
      await alone.stop()
    }
  }, 60_000)
})
