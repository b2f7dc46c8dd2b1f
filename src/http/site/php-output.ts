import { runPhp } from '../../host/php/script.ts'

const LONGEST = 64 * 1024

/** What the machine says of itself where code asks. */
export interface PhpFacts {
  version: string
  uname: string
}

/** The output of an uploaded PHP file that only prints: what an attacker uploads to see whether code runs. */
export async function phpOutput(code: Buffer, facts: PhpFacts): Promise<string> {
  return runPhp(code.subarray(0, LONGEST).toString('latin1'), facts)
}
