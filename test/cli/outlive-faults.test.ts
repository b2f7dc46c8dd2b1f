import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const PROGRAM = `
import { outliveFaults } from './src/cli/outlive-faults.ts'
outliveFaults({ error: (facts) => console.log(facts.kind) })
Promise.reject(new Error('forgotten'))
setTimeout(() => { throw new Error('thrown in a timer') }, 5)
setTimeout(() => console.log('alive'), 30)
`

it('neither a promise that nobody waits for nor an error in a timer ends the process; both are told', () => {
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', PROGRAM], { encoding: 'utf8' })
  expect([status, stdout.trim().split('\n')]).toEqual([0, ['unhandledRejection', 'uncaughtException', 'alive']])
})
