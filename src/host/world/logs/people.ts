import type { LocalDay } from './days.ts'
import { HOUR, type Past } from './message.ts'

/** A working session of one of the machine's people, before any attacker came. */
export interface PastLogin {
  user: string
  uid: number
  from: string
  port: number
  line: string
  /** UTC milliseconds. */
  start: number
  end: number
  /** Read-only commands by sudo, and when. */
  sudo: readonly { at: number; command: string }[]
}

/** One try of a password guesser from the Internet. */
export interface PastFailure {
  at: number
  user: string
  /** Whether the machine has such a user. */
  known: boolean
  from: string
  port: number
}

/** Who logged in on a day; the same at each look. */
export function loginsOn({ persona, identity }: Past, day: LocalDay): PastLogin[] {
  const people = persona.users.filter((user) => (user.uid >= 1000 && user.uid < 60_000 && /sh$/.test(user.shell)) || user.uid === 0)
  const random = identity.random(`${persona.name}/logins/${day.index}`)
  const network = (persona.network.interfaces[0]?.address ?? '10.0.0.2/24').split('/')[0]!.split('.').slice(0, 3).join('.')
  const weekend = day.weekday === 0 || day.weekday === 6
  const logins: PastLogin[] = []
  for (const user of people) {
    // Each person draws the same number of times, so that one's day does not move another's.
    const [comes, when, long, seat, port, admin] = [random(), random(), random(), random(), random(), random()]
    if (comes > (user.uid === 0 ? 0.06 : weekend ? 0.03 : 0.38)) continue
    const start = day.from + Math.floor((7 + when * 9) * HOUR)
    const end = start + Math.floor((1 + long * 190) * 60_000)
    logins.push({
      user: user.name,
      uid: user.uid,
      from: `${network}.${30 + identity.integer(`${persona.name}/desk/${user.name}`, 1, 40)}`,
      port: 49_152 + Math.floor(port * 11_000),
      line: `pts/${seat < 0.8 ? 0 : 1}`,
      start,
      end,
      sudo:
        user.sudo !== 'no' && user.uid !== 0 && admin < 0.7
          ? [{ at: start + Math.floor((end - start) * admin), command: errand(persona, admin) }]
          : [],
    })
  }
  return logins.sort((a, b) => a.start - b.start)
}

function errand({ services, os }: Past['persona'], draw: number): string {
  const unit = services[Math.floor(draw * 1000) % Math.max(1, services.length)]?.unit ?? 'ssh'
  const errands = [
    `/usr/bin/systemctl status ${unit}`,
    '/usr/bin/tail -50 /var/log/syslog',
    `/usr/bin/journalctl -u ${unit} -n 100`,
    os.family === 'ubuntu' ? '/usr/bin/apt list --upgradable' : '/usr/bin/apt update',
    '/usr/bin/ss -tlnp',
  ]
  return errands[Math.floor(draw * 7919) % errands.length] as string
}

const GUESSED = ['root', 'admin', 'user', 'test', 'oracle', 'ubuntu', 'postgres', 'git', 'ftpuser', 'pi', 'support', 'guest']

/** What a machine on the open Internet collects on a day: bursts of guesses, each until fail2ban or the guesser has enough. */
export function failuresOn({ persona, identity }: Past, day: LocalDay): PastFailure[] {
  const random = identity.random(`${persona.name}/failures/${day.index}`)
  const names = new Set(persona.users.map((user) => user.name))
  const failures: PastFailure[] = []
  const bursts = 1 + Math.floor(random() * 4)
  for (let burst = 0; burst < bursts; burst++) {
    const from = [
      45 + Math.floor(random() * 170),
      Math.floor(random() * 255),
      Math.floor(random() * 255),
      1 + Math.floor(random() * 253),
    ].join('.')
    let at = day.from + Math.floor(random() * 23.9 * HOUR)
    const tries = 3 + Math.floor(random() * 3)
    for (let i = 0; i < tries; i++) {
      at += Math.floor(1500 + random() * 4000)
      const user = GUESSED[Math.floor(random() * GUESSED.length)] as string
      failures.push({ at, user, known: names.has(user), from, port: 32_768 + Math.floor(random() * 28_000) })
    }
  }
  return failures.sort((a, b) => a.at - b.at)
}
