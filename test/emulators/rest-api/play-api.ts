import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import restApi from '../../../src/emulators/rest-api/index.ts'
import { type Playing, play } from '../../harness.ts'
import type { Asking, Reply } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

export const folder = mkdtempSync(join(tmpdir(), 'rest-api-'))
let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const identity = new Identity(Buffer.alloc(32, 7))

/** The lure with its options; it ends with the test. */
export async function api(options: Record<string, unknown> = {}): Promise<Playing> {
  playing = await play(restApi, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    identity,
    hosts: new MemoryHosts(),
    options,
    settings: { limits: { connectionsPerSource: 400 } },
  })
  return playing
}

/** Writes a file of an API. */
export function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

export const BASE = '/api/v1'
export const send = (value: unknown, token?: string): Asking => ({
  headers: { 'Content-Type': 'application/json', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
  body: value === undefined ? '' : JSON.stringify(value),
})
export const bearer = (token: string): Asking => send(undefined, token)
export const read = <T = Record<string, unknown>>({ body }: Reply): T => JSON.parse(body) as T
