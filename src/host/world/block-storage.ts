import type { World } from '../command.ts'
import { HostError } from '../contract.ts'

/** A loop device that has been set up (losetup). */
export interface Loop {
  number: number
  /** The file behind it. */
  path: string
  inode: number
  offset: number
  readOnly: boolean
  /** Goes with its mount. */
  autoclear: boolean
}

/** A swap area that swapon has added to the machine's own. */
export interface SwapArea {
  path: string
  kib: number
  priority: number
}

interface Storage {
  loops: Loop[]
  swaps: SwapArea[]
}

const known = new WeakMap<World, Storage>()
/** As many as anybody sets up. */
export const MOST_LOOPS = 64

function storageOf(world: World): Storage {
  const storage = known.get(world) ?? { loops: [], swaps: [] }
  known.set(world, storage)
  return storage
}

export function loops(world: World): readonly Loop[] {
  return storageOf(world).loops
}

export function swapAreas(world: World): readonly SwapArea[] {
  return storageOf(world).swaps
}

/** The lowest number that is free; undefined when there are too many. */
export function freeLoop(world: World): number | undefined {
  const taken = new Set(loops(world).map(({ number }) => number))
  for (let number = 0; number < MOST_LOOPS; number++) if (!taken.has(number)) return number
  return undefined
}

/** Sets a loop device up, and makes its node as udev does. */
export function attachLoop(world: World, loop: Loop): void {
  const storage = storageOf(world)
  storage.loops = [...storage.loops, loop].sort((a, b) => a.number - b.number)
  const node = `/dev/loop${loop.number}`
  if (!isThere(world, node)) world.files.mknod(node, 'block', 0o660, { major: 7, minor: loop.number })
}

export function detachLoop(world: World, number: number): boolean {
  const storage = storageOf(world)
  const rest = storage.loops.filter((loop) => loop.number !== number)
  const found = rest.length < storage.loops.length
  storage.loops = rest
  return found
}

/** Bytes of the file behind a loop device; 0 when it is gone. */
export function loopSize(world: World, { path, offset }: Loop): number {
  try {
    return Math.max(0, world.files.stat(path).size - offset)
  } catch (error) {
    if (error instanceof HostError) return 0
    throw error
  }
}

export function addSwap(world: World, area: SwapArea): void {
  storageOf(world).swaps.push(area)
}

export function removeSwap(world: World, path: string): boolean {
  const storage = storageOf(world)
  const rest = storage.swaps.filter((area) => area.path !== path)
  const found = rest.length < storage.swaps.length
  storage.swaps = rest
  return found
}

function isThere(world: World, path: string): boolean {
  try {
    world.files.lstat(path)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}
