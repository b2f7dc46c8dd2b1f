import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ran } from './ran.ts'

/** Of the environment that `.ci/install-clients` makes for clients from PyPI. */
const INTERPRETER = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sundew-clients', 'bin', 'python')

/** Runs a script of `test/clients/python/`. @returns the JSON that it printed @throws Error with what it complained of */
export async function python<T>(script: string, ...args: (string | number)[]): Promise<T> {
  if (!existsSync(INTERPRETER)) throw new Error(`${INTERPRETER} is missing: run .ci/install-clients`)
  const { code, stdout, stderr } = await ran(INTERPRETER, [join('test/clients/python', script), ...args.map(String)])
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}
