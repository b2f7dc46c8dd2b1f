import type { Process } from '../../command.ts'

const applets = new WeakSet<Process>()

/** Marks a process as one that BusyBox runs as an applet, so that commands use its words. */
export function markAsApplet(process: Process): Process {
  applets.add(process)
  return process
}

/** Whether a command speaks as BusyBox: run as its applet, or on a host whose tools all are BusyBox. */
export function isBusyBox(process: Process): boolean {
  return applets.has(process) || process.world.persona.os.family === 'openwrt'
}
