/** Inode numbers of the namespaces that a process lives in, as /proc/PID/ns names them (namespaces(7)). */
export interface Namespaces {
  readonly cgroup: number
  readonly ipc: number
  readonly mnt: number
  readonly net: number
  readonly pid: number
  readonly time: number
  readonly user: number
  readonly uts: number
}

/** As Linux 6.1 numbers those of the boot. */
export const INITIAL_NAMESPACES: Namespaces = {
  cgroup: 4026531835,
  ipc: 4026531839,
  mnt: 4026531841,
  net: 4026531840,
  pid: 4026531836,
  time: 4026531834,
  user: 4026531837,
  uts: 4026531838,
}

/** Processes of every systemd host that have a mount namespace, or a host name, of their own: by their unit's sandbox, or the kernel's doing. */
const OWN: Readonly<Record<string, Partial<Namespaces>>> = {
  kdevtmpfs: { mnt: 4026531862 },
  'systemd-udevd': { mnt: 4026532184, uts: 4026532185 },
  'systemd-timesyn': { mnt: 4026532186, uts: 4026532187 },
  'systemd-logind': { mnt: 4026532188, uts: 4026532189 },
}
/** Above what a machine has given out at its boot. */
export const FIRST_FREE_NAMESPACE = 4026532240

export function namespacesOf(process: { readonly comm: string; readonly uid: number; readonly namespaces?: Namespaces }): Namespaces {
  return process.namespaces ?? { ...INITIAL_NAMESPACES, ...OWN[process.comm] }
}
