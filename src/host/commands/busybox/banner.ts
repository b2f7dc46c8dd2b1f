import type { Persona } from '../../../config/persona.ts'

/** `BusyBox v1.35.0 (…)` as the persona's package was built: Debian names its package there, OpenWrt the time of its build. */
export function busyBoxBanner({ packages, os }: Persona): string {
  const version = packages.find((line) => line.startsWith('busybox '))?.split(' ')[1] ?? '1:1.35.0-4+b3'
  const upstream = version.replace(/^\d+:/, '').split('-')[0] as string
  if (os.family === 'android') return `BusyBox v${upstream}-meefik (2018-09-11 17:24:52 MSK)`
  return `BusyBox v${upstream} (${os.family === 'openwrt' ? `${buildTime(os.kernel.version)} UTC` : `Debian ${version}`})`
}

/** Kernel and packages of an OpenWrt image are built at one time: `#0 Tue Jan 3 00:24:21 2023`. */
function buildTime(kernelVersion: string): string {
  const built = Date.parse(`${kernelVersion.replace(/^#\d+ (SMP )?/, '')} UTC`)
  return Number.isNaN(built) ? '2023-01-03 00:24:21' : new Date(built).toISOString().slice(0, 19).replace('T', ' ')
}
