import type { CommandFile } from '../../command.ts'
import type { Program } from '../../process/kernel-process.ts'
import { androidShell } from '../../shell/main.ts'
import { am } from './am.ts'
import { deviceCommands } from './device-commands.ts'
import { id, ps } from './identity-commands.ts'
import { cmd, pm } from './pm.ts'
import { propertyCommands } from './property-commands.ts'
import { dumpsys, service } from './services.ts'
import { settings } from './settings.ts'
import { su } from './su.ts'
import { toyBox } from './toybox.ts'

const own: readonly CommandFile[] = [
  androidShell,
  am,
  cmd,
  dumpsys,
  id,
  pm,
  ps,
  service,
  settings,
  su,
  ...propertyCommands,
  ...deviceCommands,
]

/**
 * Programs of an Android host: its own, and toybox with the tools of the other hosts.
 * @param tools the commands that toybox may call besides Android's own
 */
export function androidPrograms(tools: readonly CommandFile[], unwritten: (name: string) => Program): CommandFile[] {
  return [...own, toyBox([...tools, ...own], unwritten)]
}
