import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { KernelProcess } from '../../src/host/process/kernel-process.ts'
import { makeHost } from './harness.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

it('a session that is over is forgotten, also after its connection has hung up', async () => {
  const { host, request } = makeHost()
  for (let i = 0; i < 20; i++) {
    const process = host.spawn(request('id | cat'))
    process.stdin.end()
    for await (const _ of process.stdout);
    await process.exited
    process.hangup()
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  collectGarbage()
  // One may still be on the stack of this test.
  expect(queryObjects(KernelProcess, { format: 'count' })).toBeLessThanOrEqual(3)
})
