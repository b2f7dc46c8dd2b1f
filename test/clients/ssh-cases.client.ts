import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { createHosts } from '../../src/host/hosts.ts'
import ssh from '../../src/ssh/index.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

interface Case {
  cmd: string
  expect: string
  match: 'exact' | 'contains' | 'regex'
  mode: 'exec' | 'interactive'
  rc: number | null
}

/** Share of the recorded command lines that must hold over the wire as they do without it. */
const FLOOR = 0.98

let playing: Playing
let folder: string
let options: string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssh-cases-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  playing = await play(ssh, { persona: 'debian-web', identity, state, hosts, options: { delays: false }, settings: { data: folder } })
  const settings = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', `ControlPath=${join(folder, 'mux')}`]
  options = ['-p', String(playing.port()), ...settings.flatMap((setting) => ['-o', setting])]
})

afterAll(async () => {
  await ran('ssh', [...options, '-O', 'exit', 'root@127.0.0.1'])
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

function holds(output: string, { expect: expected, match }: Case): boolean {
  if (match === 'contains') return output.includes(expected)
  return match === 'exact' ? output === expected : new RegExp(`^(?:${expected})$`, 's').test(output)
}

it(`the command lines recorded on Debian 12, by OpenSSH over one connection: at least ${FLOOR * 100} %`, async () => {
  const cases: Case[] = JSON.parse(readFileSync('test/host/cases/shell.json', 'utf8'))
  const exec = cases.filter(({ mode }) => mode === 'exec')
  const login = await ran('sshpass', [
    '-p',
    'x',
    'ssh',
    ...options,
    '-o',
    'ControlMaster=auto',
    '-o',
    'ControlPersist=60',
    'root@127.0.0.1',
    ':',
  ])
  expect(login.code).toBe(0)
  const failed: string[] = []
  for (const one of exec) {
    const { code, stdout, stderr } = await ran('ssh', [...options, 'root@127.0.0.1', one.cmd])
    const output = Buffer.from(stdout + stderr, 'latin1')
      .toString()
      .replace(/\n$/, '')
    if (!holds(output, one) || (one.rc !== null && code !== one.rc))
      failed.push(`${one.cmd}: ${code} ${JSON.stringify(output.slice(0, 300))}`)
  }
  console.log(
    `${exec.length - failed.length} of ${exec.length} recorded command lines hold by ssh${failed.map((line) => `\n  ${line}`).join('')}`,
  )
  expect(1 - failed.length / exec.length).toBeGreaterThanOrEqual(FLOOR)
})
