import { createHash } from 'node:crypto'
import type { KernelProcess, Program } from './process/kernel-process.ts'

/** How long somebody's own program runs before it has gone to the background. */
const LEAST_RUN_MS = 25
const MOST_RUN_MS = 260
/** Of ten such programs, so many leave a process behind; the rest end as if their work was done. */
const STAY_OF_TEN = 7

/**
 * What an executable that an attacker brought does: it starts, says nothing and goes to the background, as bots do. It is
 * never run; its bytes are kept with the other captured files. The same bytes behave the same each time.
 */
export function foreignProgram(whole: () => Buffer): Program {
  return async (process) => {
    const digest = createHash('sha256').update(whole()).digest()
    await process.sleep(LEAST_RUN_MS + (digest.readUInt16BE() % (MOST_RUN_MS - LEAST_RUN_MS)))
    if ((digest[2] as number) % 10 < STAY_OF_TEN) leaveBehind(process, digest)
    return 0
  }
}

function leaveBehind(process: KernelProcess, digest: Buffer): void {
  const { processes } = process.world
  const known = processes.list().filter((other) => other.exe === process.exe)
  // A second copy finds the first one running and leaves, as most bots make sure.
  if (known.some((other) => other.pid !== process.pid)) return
  processes.addResident({
    argv: [...process.argv],
    exe: process.exe,
    ppid: 1,
    uid: process.uid,
    gid: process.gid,
    cwd: process.cwd,
    rssKiB: 600 + (digest.readUInt16BE(4) % 5000),
    vszKiB: 1200 + (digest.readUInt16BE(6) % 90_000),
  })
}
