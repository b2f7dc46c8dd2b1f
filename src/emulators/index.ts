import type { Lure } from '../sensor/lure.ts'
import redis from './redis/index.ts'

/** Every static emulator, by name. */
export const lures: readonly Lure[] = [redis]
