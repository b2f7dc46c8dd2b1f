import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import ast from '../../src/emulators/guardian-ast/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  playing = await play(ast, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

const nc = async (text: string): Promise<string> =>
  (await ran('nc', ['-q', '1', '-w', '2', '127.0.0.1', String(playing.port())], text)).stdout

describe('nc', () => {
  it('reads the inventory', async () => {
    expect(await nc('\x01I20100\n')).toContain('IN-TANK INVENTORY')
  })

  it('gets nothing for the literal ^A that scanners for other honeypots send', async () => {
    expect(await nc('^AI21400\n')).toBe('')
  })
})
