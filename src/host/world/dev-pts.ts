import type { World } from '../command.ts'
import type { SyntheticFiles } from '../files/synthetic.ts'
import { directory, type Entry, treeFiles } from './proc-tree.ts'

/** Major number of pseudo terminals. */
const PTS = 136

/** /dev/pts: a device for each terminal that somebody is logged in on, theirs and of the group tty. */
export function ptsFiles(world: World): SyntheticFiles {
  return treeFiles(world, '/dev/pts', () =>
    directory(
      () => ({
        ptmx: { kind: 'device', type: 'character', major: 5, minor: 2, mode: 0 },
        ...Object.fromEntries(world.logins.flatMap((login) => terminalOf(world, login))),
      }),
      0o755,
    ),
  )
}

function terminalOf(world: World, { tty, pid }: World['logins'][number]): [string, Entry][] {
  const number = /^pts\/(\d+)$/.exec(tty ?? '')?.[1]
  if (number === undefined) return []
  const owner = { uid: world.processes.get(pid)?.uid ?? 0, gid: 5 }
  return [[number, { kind: 'device', type: 'character', major: PTS, minor: Number(number), mode: 0o620, owner }]]
}
