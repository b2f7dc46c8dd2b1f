import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hivePrompts, type Membership, membershipFile } from '../config/membership.ts'
import type { Settings } from '../config/schema.ts'
import { busTrouble, connectToBus } from './bus.ts'
import { configKeySubject } from './names.ts'
import { certificateAt, ProbeProblem } from './probe.ts'
import type { JoinToken } from './token.ts'

const ANSWER_MS = 2_000

/**
 * Makes the sensor of a data folder part of a hive: looks at the server's certificate, logs in, and writes down what it needs.
 * The personas that it has go along until the hive sends others.
 * @returns whether the hive runs already
 * @throws {ProbeProblem} with nothing changed
 */
export async function joinHive(settings: Pick<Settings, 'data' | 'prompts'>, token: JoinToken): Promise<{ isServed: boolean }> {
  const certificate = await certificateAt(token.url, token.fingerprint)
  const membership: Membership = { url: token.url, sensor: token.sensor, seed: token.seed, certificate }
  const isServed = await logIn(membership)
  mkdirSync(settings.data, { recursive: true, mode: 0o700 })
  const prompts = hivePrompts(settings.data)
  if (!existsSync(prompts)) cpSync(settings.prompts, prompts, { recursive: true })
  const file = membershipFile(settings.data)
  writeFileSync(`${file}.new`, JSON.stringify(membership, null, 2), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return { isServed }
}

/** @returns false when the sensor was alone anyway */
export function leaveHive(dataFolder: string): boolean {
  if (!existsSync(membershipFile(dataFolder))) return false
  rmSync(membershipFile(dataFolder))
  rmSync(hivePrompts(dataFolder), { recursive: true, force: true })
  return true
}

async function logIn(membership: Membership): Promise<boolean> {
  try {
    const connection = await connectToBus(membership, membership.sensor)
    try {
      await connection.request(configKeySubject('current'), undefined, { timeout: ANSWER_MS })
      return true
    } catch {
      // No bucket yet, and then the server says nothing: the hive makes it when it is served.
      return false
    } finally {
      await connection.close()
    }
  } catch (error) {
    throw new ProbeProblem(busTrouble(error, membership.url))
  }
}
