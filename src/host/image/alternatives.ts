/** A name, its link and one of the files that it may lead to; see `alternatives` in systems/debian.yaml. */
export type Alternative = readonly [name: string, link: string, target: string]

/** As the packages' postinst scripts of Debian 12 give them to update-alternatives. */
const PRIORITIES: Readonly<Record<string, number>> = {
  '/usr/bin/gawk': 10,
  '/usr/bin/mawk': 5,
  '/usr/bin/which.debianutils': 0,
  '/bin/nano': 40,
  '/usr/bin/less': 77,
  '/bin/more': 50,
  '/usr/bin/vim.basic': 30,
  '/usr/bin/vim.tiny': 15,
  '/bin/nc.openbsd': 50,
  '/bin/nc.traditional': 10,
  '/usr/bin/inetutils-telnet': 150,
  '/usr/bin/php8.2': 82,
  '/usr/sbin/rmt-tar': 50,
  '/usr/sbin/iptables-nft': 20,
  '/usr/sbin/iptables-legacy': 10,
  '/usr/sbin/ip6tables-nft': 20,
  '/usr/sbin/ip6tables-legacy': 10,
  '/usr/bin/gcc': 20,
  '/usr/bin/g++': 20,
  '/usr/lib/jvm/java-17-openjdk-amd64/bin/java': 1711,
  '/usr/bin/mail.mailutils': 30,
  '/usr/bin/write.ul': 100,
  '/usr/bin/xz': 20,
  '/usr/bin/pinentry-curses': 50,
}
/** Names that follow another one. */
const MASTERS: Readonly<Record<string, string>> = { nawk: 'awk', netcat: 'nc' }
/** Sections of the manual pages that go with a name. */
const PAGES: Readonly<Record<string, number>> = {
  awk: 1,
  nawk: 1,
  which: 1,
  editor: 1,
  pager: 1,
  vi: 1,
  view: 1,
  nc: 1,
  netcat: 1,
  telnet: 1,
  php: 1,
  rmt: 8,
  java: 1,
  pinentry: 1,
}
/** Other programs that go with a name: what follows both link and target. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { iptables: ['-restore', '-save'], ip6tables: ['-restore', '-save'] }

interface Slave {
  name: string
  link: string
  /** What it leads to, when its master leads to that. */
  follows(target: string): string
}

/** Texts of /var/lib/dpkg/alternatives, by name, of those that are there (update-alternatives(1)). */
export function alternativeRecords(alternatives: readonly Alternative[], isThere: (path: string) => boolean): Map<string, string> {
  const present = alternatives.filter(([, , target]) => isThere(target))
  const records = new Map<string, string>()
  for (const [name, choices] of Map.groupBy(present, ([one]) => one)) {
    if (MASTERS[name] !== undefined || isPart(name)) continue
    const slaves = slavesOf(name, choices, present).sort((a, b) => (a.name < b.name ? -1 : 1))
    const [, link] = choices[0] as Alternative
    const targets = choices.map(([, , target]) => target).sort()
    const body = targets.map((target) => [target, PRIORITIES[target] ?? 50, ...slaves.map((slave) => slave.follows(target))].join('\n'))
    records.set(name, `${['auto', link, ...slaves.flatMap((slave) => [slave.name, slave.link]), '', ...body, ''].join('\n')}\n`)
  }
  return records
}

function slavesOf(name: string, choices: readonly Alternative[], all: readonly Alternative[]): Slave[] {
  const [, link] = choices[0] as Alternative
  const followers = Object.keys(MASTERS).filter((one) => MASTERS[one] === name)
  const programs = followers.flatMap((follower): Slave[] => {
    const own = all.find(([one]) => one === follower)
    return own ? [{ name: follower, link: own[1], follows: (target) => target }] : []
  })
  const parts = (SUFFIXES[name] ?? []).map(
    (suffix): Slave => ({ name: name + suffix, link: link + suffix, follows: (target) => target + suffix }),
  )
  const pages = [name, ...followers].flatMap((one): Slave[] => {
    const section = PAGES[one]
    if (section === undefined) return []
    const folder = `/usr/share/man/man${section}`
    const follows = (target: string): string => `${folder}/${pageOf(target)}.${section}.gz`
    return [{ name: `${one}.${section}.gz`, link: `${folder}/${one}.${section}.gz`, follows }]
  })
  return [...programs, ...parts, ...pages]
}

/** `iptables-save` goes with `iptables`. */
function isPart(name: string): boolean {
  return Object.entries(SUFFIXES).some(([master, suffixes]) => suffixes.some((suffix) => name === master + suffix))
}

function pageOf(target: string): string {
  const name = target.slice(target.lastIndexOf('/') + 1)
  return name.startsWith('vim.') ? 'vim' : name.replace('nc.openbsd', 'nc_openbsd')
}
