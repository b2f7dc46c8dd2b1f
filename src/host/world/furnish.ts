import type { World } from '../command.ts'
import { isFlashImage } from '../image/system.ts'
import { ptsFiles } from './dev-pts.ts'
import { procFiles } from './proc.ts'
import { sysFiles } from './proc-sysfs.ts'
import { Services } from './services.ts'

/** Brings a new world to life: its computed trees and the processes of its boot. To be called once, before anybody logs in. */
export function furnishWorld(world: World): void {
  world.mount('/proc', procFiles(world))
  world.mount('/sys', sysFiles(world))
  if (!isFlashImage(world.persona.os.family)) world.mount('/dev/pts', ptsFiles(world))
  Services.of(world).boot()
}
