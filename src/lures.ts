import { lures as emulators } from './emulators/index.ts'
import http from './http/lure.ts'
import type { Lure } from './sensor/lure.ts'
import ssh from './ssh/index.ts'

/** Every lure that Sundew can play, by name. */
export const lures: readonly Lure[] = [http, ssh, ...emulators].sort((a, b) => a.name.localeCompare(b.name))
