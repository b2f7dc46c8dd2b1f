import type { Identity } from '../../config/identity.ts'
import type { PersonaSpec } from '../../config/persona.ts'

/** Groups that Debian's base-passwd makes; name → gid. */
const DEBIAN_GROUPS: Readonly<Record<string, number>> = {
  root: 0,
  daemon: 1,
  bin: 2,
  sys: 3,
  adm: 4,
  tty: 5,
  disk: 6,
  lp: 7,
  mail: 8,
  news: 9,
  uucp: 10,
  man: 12,
  proxy: 13,
  kmem: 15,
  dialout: 20,
  fax: 21,
  voice: 22,
  cdrom: 24,
  floppy: 25,
  tape: 26,
  sudo: 27,
  audio: 29,
  dip: 30,
  'www-data': 33,
  backup: 34,
  operator: 37,
  list: 38,
  irc: 39,
  src: 40,
  shadow: 42,
  utmp: 43,
  video: 44,
  sasl: 45,
  plugdev: 46,
  staff: 50,
  games: 60,
  users: 100,
  'systemd-journal': 999,
  crontab: 101,
  input: 102,
  sgx: 103,
  kvm: 104,
  render: 105,
  netdev: 106,
  nogroup: 65534,
}

const OPENWRT_GROUPS: Readonly<Record<string, number>> = {
  root: 0,
  daemon: 1,
  adm: 4,
  mail: 8,
  dialout: 20,
  audio: 29,
  'www-data': 33,
  ftp: 55,
  users: 100,
  network: 101,
  logd: 514,
  nogroup: 65534,
}

/** Android's ids have fixed names (android_filesystem_config.h). */
const ANDROID_GROUPS: Record<string, number> = {
  root: 0,
  graphics: 1003,
  input: 1004,
  audio: 1005,
  log: 1007,
  mount: 1009,
  adb: 1011,
  install: 1012,
  sdcard_rw: 1015,
  usb: 1018,
  net_admin: 3005,
  cache: 2001,
  sdcard_r: 1028,
  net_bt_admin: 3001,
  net_bt: 3002,
  inet: 3003,
  net_raw: 3004,
  net_bw_stats: 3006,
  readproc: 3009,
  uhid: 3011,
  everybody: 9997,
  misc: 9998,
}

export interface AccountFiles {
  passwd: string
  group: string
  shadow: string
  gshadow: string
  groups: ReadonlyMap<string, number>
}

/**
 * /etc/passwd and its like. Hashes of passwords are made by the accounts of the world when a host starts; here stand the
 * locked ones.
 */
export function accountFiles(persona: PersonaSpec, identity: Identity, hash: (user: string, password: string) => string): AccountFiles {
  const groups = groupsOf(persona)
  const members = membersOf(persona)
  const changed = 20_000 + identity.integer(`persona/${persona.name}/shadow-day`, 0, 400)
  const passwd = persona.users.map((u) => `${u.name}:x:${u.uid}:${u.gid}:${u.gecos}:${u.home}:${u.shell}`)
  const shadow = persona.users.map((u) => {
    const system = u.uid !== 0 && (u.uid < 1000 || u.uid === 65534)
    const secret = u.password === undefined ? (u.uid < 100 || u.uid === 65534 ? '*' : '!') : hash(u.name, u.password)
    return u.uid >= 100 && system && u.uid !== 65534 ? `${u.name}:!:${changed}::::::` : `${u.name}:${secret}:${changed}:0:99999:7:::`
  })
  const byNumber = [...groups].sort((a, b) => rank(a[1]) - rank(b[1]))
  return {
    passwd: lines(passwd),
    group: lines(byNumber.map(([name, gid]) => `${name}:x:${gid}:${(members.get(name) ?? []).join(',')}`)),
    shadow: lines(shadow),
    gshadow: lines(
      byNumber.map(([name, gid]) => `${name}:${gid < 100 || gid === 65534 ? '*' : '!'}::${(members.get(name) ?? []).join(',')}`),
    ),
    groups,
  }
}

function groupsOfSystem({ os }: PersonaSpec): Record<string, number> {
  if (os.family === 'android') return ANDROID_GROUPS
  return os.family === 'openwrt' ? OPENWRT_GROUPS : DEBIAN_GROUPS
}

function groupsOf(persona: PersonaSpec): Map<string, number> {
  const groups = new Map(Object.entries(groupsOfSystem(persona)))
  for (const user of persona.users) {
    if ([...groups.values()].includes(user.gid)) continue
    for (const [name, gid] of groups) if (gid === user.gid) groups.delete(name)
    groups.set(user.name, user.gid)
  }
  let next = 108
  for (const name of persona.users.flatMap((u) => u.groups)) {
    if (groups.has(name)) continue
    while ([...groups.values()].includes(next)) next++
    groups.set(name, next)
  }
  return groups
}

function membersOf(persona: PersonaSpec): Map<string, string[]> {
  const members = new Map<string, string[]>()
  for (const user of persona.users) for (const group of user.groups) members.set(group, [...(members.get(group) ?? []), user.name])
  return members
}

/** System groups as base-passwd lists them, then those that packages and people added. */
function rank(gid: number): number {
  return gid === 65534 ? 100.5 : gid
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}
