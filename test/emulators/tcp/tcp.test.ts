import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { planPorts } from '../../../src/config/ports.ts'
import { Settings } from '../../../src/config/schema.ts'
import { ServiceAnswer } from '../../../src/emulators/tcp/ask-engine.ts'
import tcp from '../../../src/emulators/tcp/index.ts'
import { loadServices } from '../../../src/emulators/tcp/load-services.ts'
import { checkedAnswer } from '../../../src/lab/review/correction.ts'
import { guard } from '../../../src/llm/guard/guard.ts'
import type { Answer, Engine, Question } from '../../../src/llm/question.ts'
import type { Turn } from '../../../src/store/transcript.ts'
import { FakeHosts } from '../../fake-hosts.ts'
import { connect, noEngine, type Playing, play } from '../../harness.ts'

const folder = fileURLToPath(new URL('./beelzebub/', import.meta.url))
const prompts = fileURLToPath(new URL('../../fixtures/prompts', import.meta.url))

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function playServices(services: string[], more: { login?: unknown; engine?: Engine } = {}): Promise<Playing> {
  const { engine = noEngine, login } = more
  const options = { services, ...(login === undefined ? {} : { login }) }
  playing = await play(tcp, { ports: services.map(() => 0), options, engine, persona: 'plain', prompts, hosts: new FakeHosts() })
  return playing
}

/** An engine that keeps what it was asked and answers with a text of the test. */
function scripted(answer: (question: Question<unknown>) => string): Engine & { asked: Question<unknown>[] } {
  const asked: Question<unknown>[] = []
  const ask = async <A>(question: Question<A>): Promise<Answer<A>> => {
    asked.push(question as unknown as Question<unknown>)
    const value = { output: answer(question as unknown as Question<unknown>) } as A
    return { value, source: 'llm', generation: { model: 'm' } }
  }
  return { ...noEngine, ask, asked }
}

/** Sends, closes its side, and gives all that comes until the service closes too. */
const say = async (bytes: Uint8Array | string): Promise<string> =>
  (await playing!.exchange(bytes, { end: true, quietMs: 20_000 })).toString('latin1')

const file = (name: string): string => join(folder, `${name}.yaml`)

function problemsOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'tcp-')), 'mine.yaml')
  writeFileSync(path, text)
  try {
    loadServices([path])
  } catch (error) {
    return (error as Error).message.replaceAll(path, 'mine.yaml')
  }
  throw new Error('nothing was wrong with it')
}

describe("Beelzebub's files", () => {
  it('answers by the first pattern that is found, groups filled in where the pattern has them', async () => {
    await playServices([file('tcp-cache')])
    expect(await say('get key1\r\n')).toBe('VALUE key1 0 2\r\nhi\r\nEND\r\n')
    expect(await say('info\r\nnope\r\n')).toBe('$180\r\nrole:master\r\nERROR\r\n')
    expect(playing!.data('turn').slice(0, 2)).toMatchObject([
      { input: 'get key1', source: 'static', kind: 'tcp', detail: { service: 'tcp-cache', command: 'get' } },
      { input: 'info', output: '$180\r\nrole:master\r\n', detail: { command: 'info' } },
    ])
  })

  it('sends the bytes of a binary answer, and finds bytes in a binary message', async () => {
    await playServices([file('tcp-cache')])
    expect(Buffer.from(await say(Buffer.from('8210000a', 'hex')), 'latin1').toString('hex')).toBe('90030000ff')
    expect(playing!.data('turn')[0]).toMatchObject({
      input: { base64: Buffer.from('8210000a', 'hex').toString('base64').replace(/Cg==$/, '') },
    })
  })

  it('ends a banner with a line feed, records what comes and closes at the deadline', async () => {
    await playServices([file('tcp-banner')])
    const socket = await connect(playing!.port())
    socket.write('\x03\x00\x00\x0b hello')
    const pieces: Buffer[] = []
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    await once(socket, 'close')
    expect(String(Buffer.concat(pieces))).toBe('8.0.29\n')
    expect(playing!.data('turn')).toMatchObject([{ output: '', detail: { command: 'none' } }])
  })

  it('passes over files of other protocols in a folder, and says which lure plays them', () => {
    const { services, passedOver } = loadServices([folder])
    expect(services.map(({ name, address, tls }) => [name, address, tls])).toEqual([
      ['tcp-banner', 13306, false],
      ['tcp-cache', 11311, false],
      ['tcp-login', 12001, true],
    ])
    expect(passedOver).toEqual([{ file: file('ssh-22'), lures: 'ssh' }])
  })
})

describe('the engine', () => {
  it('gets the prompt, the history of the source over connections, and answers with the line ends of the service', async () => {
    const engine = scripted(({ input }) => `you said ${input}\nok\n`)
    await playServices([file('tcp-cache')], { engine })
    expect(await say('ask one\n')).toBe('you said ask one\r\nok\r\n')
    expect(await say('ask two\n')).toBe('you said ask two\r\nok\r\n')
    expect(engine.asked[0]).toMatchObject({ kind: 'tcp', input: 'ask one', history: [] })
    expect(engine.asked[0]!.instructions).toMatch(/port 11311 of the host \S+: Cache 1\.6, named cache-01\.[\s\S]*A cache on (?!\{)\S+\.$/)
    expect(engine.asked[1]!.history.map(({ input }) => input)).toEqual(['ask one'])
    expect(playing!.data('turn')[0]).toMatchObject({ source: 'llm', generation: { model: 'm' } })
  })

  it('gives the same question for the same conversation of another source, another for another', async () => {
    const engine = scripted(() => 'x')
    await playServices([file('tcp-cache')], { engine })
    await say('ask a\nask b\n')
    const [first, second] = engine.asked.map(({ key }) => key)
    expect(first).toBe('tcp-cache ask a')
    expect(second).toMatch(/^tcp-cache [0-9a-f]{24} ask b$/)
  })

  it('answers with the handler while no model is there', async () => {
    await playServices([file('tcp-cache')])
    expect(await say('ask ${0} {{hostname}}\n')).toBe('busy ${0} {{hostname}}\r\n')
    expect(playing!.data('turn')[0]).toMatchObject({ source: 'fallback' })
  })
})

describe('an answer of the model', () => {
  it('goes through the guard, which takes off what a terminal would act on, and refuses a prompt that leaks', () => {
    const look = (output: string): ReturnType<typeof guard> =>
      guard({ output }, ServiceAnswer, { kind: 'tcp', input: 'list', known: '', orders: '', canary: 'qwxzkfjvbpmtrl', cut: undefined })
    expect(look('a\x1b]0;title\x07b\n')).toMatchObject({ ok: true, value: { output: 'ab\n' } })
    expect(look('job 1 qwxzkfjvbpmtrl\n')).toMatchObject({ ok: false })
    expect(look('As an AI language model, I cannot help with that.\n')).toMatchObject({ ok: false })
  })

  it('can be corrected, in the form that it has', () => {
    const turn = { generation: { question: { kind: 'tcp', key: 'console show users' } } } as Turn
    expect(checkedAnswer(turn, { output: 'con 0\n' })).toEqual({ kind: 'tcp', key: 'console show users', answer: { output: 'con 0\n' } })
    expect(() => checkedAnswer(turn, { stdout: 'x' })).toThrow(/no answer to a tcp question: output/)
  })
})

describe('logins', () => {
  const talk = async (socket: TLSSocket, ...lines: string[]): Promise<string> => {
    const pieces: Buffer[] = []
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    for (const line of lines) {
      const seen = pieces.length
      while (pieces.length === seen) await once(socket, 'data')
      socket.write(line)
    }
    await once(socket, 'close')
    return String(Buffer.concat(pieces))
  }

  it('asks over TLS, writes each down, and lets in what passwordRegex fits', async () => {
    await playServices([file('tcp-login')], { engine: scripted(() => 'line') })
    const socket = connectTls({ port: playing!.port(), rejectUnauthorized: false })
    const said = await talk(socket, 'root\r\n', 'x\r\n', 'admin\r\n', 'cisco\r\n', 'show\r\n', 'quit\r\n')
    expect(said).toBe('\r\nWelcome\r\nUsername: Password: % Login invalid\r\nUsername: Password: unit> line\nunit> bye\r\n')
    expect(playing!.data('login')).toEqual([
      { method: 'tcp', username: 'root', password: 'x', accepted: false },
      { method: 'tcp', username: 'admin', password: 'cisco', accepted: true },
    ])
  })

  it('ends after the last try', async () => {
    await playServices([file('tcp-login')])
    const socket = connectTls({ port: playing!.port(), rejectUnauthorized: false })
    expect(await talk(socket, 'a\n', 'b\n', 'c\n', 'd\n')).toMatch(/invalid\r\nUsername: Password: % Login invalid\r\n$/)
  })
})

describe('the shipped services', () => {
  it('plays a ZooKeeper that answers four letters and closes', async () => {
    await playServices(['zookeeper'])
    const ask = say
    expect(await ask('ruok')).toBe('imok')
    expect(await ask('stats\r\n')).toMatch(
      /^Zookeeper version: 3\.4\.13-[0-9a-f]{40}, built on 06\/29\/2018 04:05 GMT\nClients:\n \/127\.0\.0\.1:\d+\[0\]/,
    )
    expect(await ask('mntr')).toContain('\tstandalone\n')
    expect(await ask('envi')).not.toContain('{{')
    expect(await ask('cons')).toMatch(/^ \/127\.0\.0\.1:\d+\[0\].*\n \/.*\n\n$/)
    expect(await ask('\0\0\0\x2d')).toBe('')
  })

  it('plays an Asterisk Manager: logins in clear, and nothing without one', async () => {
    await playServices(['asterisk-manager'], { login: { policy: 'list', accept: [{ user: 'admin', password: 'amp111' }] } })
    const action = (...lines: string[]): string => [...lines, '', ''].join('\r\n')
    const wrong = action('Action: Login', 'ActionID: 7', 'Username: admin', 'Secret: admin')
    const right = action('Action: login', 'Username: admin', 'Secret: amp111')
    const said = await say(action('Action: Ping') + wrong + right + action('Action: Ping') + action('Action: Logoff'))
    expect(said.split('\r\n\r\n').map((block) => block.split('\r\n')[0])).toEqual([
      'Asterisk Call Manager/5.0.1',
      'Response: Error',
      'Response: Success',
      'Event: FullyBooted',
      'Response: Success',
      'Response: Goodbye',
      '',
    ])
    expect(said).toContain('ActionID: 7\r\nMessage: Authentication failed')
    expect(playing!.data('login')).toMatchObject([
      { username: 'admin', password: 'admin', accepted: false },
      { username: 'admin', password: 'amp111', accepted: true },
    ])
  })

  it('plays a console whose unknown commands are those of the model', async () => {
    const engine = scripted(() => 'Interface  Status\nFa0/1  connected')
    await playServices(['console'], { engine, login: { policy: 'any' } })
    const said = await say('cisco\r\ncisco\r\nsh ver\r\nsh int status\r\nexit\r\n')
    expect(said).toMatch(/^\r\n\r\nUser Access Verification\r\n\r\nUsername: Password: sw-access-\d#Cisco IOS Software/)
    expect(said).toMatch(/#Interface {2}Status\r\nFa0\/1 {2}connected\r\nsw-access-\d#$/)
    expect(said).not.toContain('{{')
  })
})

describe('a file that is wrong', () => {
  it('is named with line, key and cure before a port opens', () => {
    expect(problemsOf('protocol: tcp\naddress: ":99999"\nbaner: x\n')).toMatch(
      /mine\.yaml:2: address: no address of a port.*\n {4}cure: write ":2181"\nmine\.yaml:3: baner: no such key\n {4}cure: remove it.*docs\/tcp\.md/,
    )
    expect(problemsOf('protocol: tcp\naddress: ":1"\ncommands:\n  - regex: "a(?=b)"\n')).toMatch(
      /mine\.yaml:4: commands\[0\]\.regex: no regular expression of RE2.*\n {4}cure: write it as Go does/,
    )
    expect(problemsOf('protocol: tcp\naddress: ":1"\ncommands:\n  - { regex: a, plugin: MazeHoneypot }\n')).toMatch(
      /only plugin.*LLMHoneypot/,
    )
    expect(problemsOf('protocol: ssh\n')).toMatch(/does not play ssh\n {4}cure: take the file out of "services" and use the lure ssh/)
    expect(problemsOf('protocol: gopher\n')).toMatch(/mine\.yaml:1: protocol/)
  })

  it('keeps the whole from starting, as two services on one port do', () => {
    const settings = (services: string[]): Settings => Settings.parse({ profile: 'mini', lures: [{ lure: 'tcp', options: { services } }] })
    expect(() => planPorts(settings(['nowhere']), [tcp])).toThrow(/cannot be read[\s\S]*asterisk-manager, console, zookeeper/)
    expect(() => planPorts(settings(['console', 'console']), [tcp])).toThrow(/port 2001 is that of service console already/)
    expect(planPorts(settings(['console', 'zookeeper']), [tcp])[0]!.ports.map(({ port }) => port)).toEqual([12001, 12181])
  })
})

it('holds five hundred idle connections at once, and answers one more', async () => {
  playing = await play(tcp, {
    ports: [0],
    options: { services: [file('tcp-cache')] },
    persona: 'plain',
    prompts,
    hosts: new FakeHosts(),
    settings: { limits: { connections: 1_000, connectionsPerSource: 1_000 } },
  })
  const idle = await Promise.all(Array.from({ length: 500 }, () => connect(playing!.port())))
  expect(await say('get x\n')).toContain('VALUE x')
  for (const socket of idle) socket.destroy()
})
