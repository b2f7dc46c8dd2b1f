import type { World } from '../../command.ts'
import { Services } from '../../world/services.ts'

/** How long one unit took at the boot, and when it was there; milliseconds since systemd began. */
export interface UnitTime {
  unit: string
  at: number
  took: number
}

/** Units of every boot besides the services, with the usual bounds of their time in ms. */
const EARLY: readonly [unit: string, least: number, most: number][] = [
  ['systemd-udev-trigger.service', 180, 420],
  ['networking.service', 150, 380],
  ['systemd-journal-flush.service', 40, 160],
  ['keyboard-setup.service', 60, 190],
  ['systemd-tmpfiles-setup.service', 30, 90],
  ['systemd-tmpfiles-setup-dev.service', 25, 80],
  ['systemd-sysusers.service', 20, 60],
  ['systemd-modules-load.service', 30, 110],
  ['systemd-sysctl.service', 20, 70],
  ['systemd-random-seed.service', 12, 40],
  ['systemd-remount-fs.service', 20, 60],
  ['systemd-user-sessions.service', 8, 25],
  ['systemd-update-utmp.service', 8, 25],
  ['kmod-static-nodes.service', 15, 45],
  ['ifupdown-pre.service', 60, 150],
  ['user-runtime-dir@0.service', 10, 30],
  ['user@0.service', 90, 240],
]

/** Services whose start is more than a fork. */
const SLOW: Record<string, number> = {
  mariadb: 1400,
  mysql: 1600,
  docker: 1900,
  containerd: 400,
  postfix: 700,
  fail2ban: 60,
  apache2: 120,
  nginx: 60,
  redis: 90,
  ssh: 40,
}

const KERNEL_MS = { least: 1650, most: 2150 }

export function kernelTime({ identity, persona }: World): number {
  return identity.integer(`${persona.name}/boot/kernel`, KERNEL_MS.least, KERNEL_MS.most)
}

/** What each unit took; a unit that was started again since has no time of the boot any more. */
export function unitTimes(world: World): UnitTime[] {
  const { identity, files, bootedAt } = world
  const took = (unit: string, least: number, most: number): number => identity.integer(`${world.persona.name}/took/${unit}`, least, most)
  const early = EARLY.filter(([unit]) => unit.startsWith('user') || files.may('r', `/usr/lib/systemd/system/${unit}`)).map(
    ([unit, least, most], i) => ({
      unit,
      at: 240 + i * 35 + took(unit, least, most),
      took: took(unit, least, most),
    }),
  )
  const services = Services.of(world)
    .units()
    .filter((unit) => unit.since - bootedAt < 60_000)
    .map((unit) => {
      const usual = SLOW[unit.service.unit.replace(/-server$/, '')] ?? 20
      return {
        unit: `${unit.service.unit}.service`,
        at: unit.since - bootedAt - kernelTime(world),
        took: took(unit.service.unit, usual, usual * 2),
      }
    })
  return [...early, ...services]
}

/** When the last service of the boot was there. */
export function userspaceTime(world: World): number {
  return Math.max(...unitTimes(world).map(({ at }) => at)) + 12
}
