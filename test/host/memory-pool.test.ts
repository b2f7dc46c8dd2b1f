import { describe, expect, it } from 'vitest'
import { MemoryPool } from '../../src/host/files/memory-pool.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { ListRecorder, MemoryState, makeHost, noModel, testIdentity } from './harness.ts'

describe('the memory of written files', () => {
  it('has room up to its bound, and asks for more before it refuses', () => {
    const pool = new MemoryPool(100)
    pool.add(90)
    expect(pool.hasRoom(10)).toBe(true)
    expect(pool.hasRoom(11)).toBe(false)
    pool.makeRoom = () => pool.add(-50)
    expect(pool.hasRoom(11)).toBe(true)
  })

  it('of ten sources that fill their disks is that of eight: who left is put away, and finds its file again', {
    timeout: 60_000,
  }, async () => {
    const { persona } = makeHost()
    const hosts = createHosts({ identity: testIdentity, engine: noModel, state: new MemoryState() })
    const run = async (n: number, command: string): Promise<string> => {
      const ip = `203.0.113.${n}`
      const where = { remote: { ip, port: 50_000 }, local: { ip: '10.20.0.14', port: 22 }, via: 'sshd' }
      const { stdout } = await hosts.of(persona, ip).run({ user: 'root', command, ...where, recorder: new ListRecorder() })
      return stdout.toString()
    }
    // 28 MiB each: the memory of all written files is 256 MiB.
    const fill = 'head -c 65536 /dev/urandom > /tmp/p; for i in {1..448}; do cat /tmp/p; done > /tmp/x; stat -c %s /tmp/x'
    for (let n = 1; n <= 10; n++) expect(await run(n, fill)).toBe('29360128\n')
    expect(await run(1, 'stat -c %s /tmp/x')).toBe('29360128\n')
    hosts.close()
  })
})
