import type { Persona } from '../../config/persona.ts'
import type { World } from '../command.ts'
import { HostError } from '../contract.ts'

export const EXTENDED_STATES = '/var/lib/apt/extended_states'

/** What comes onto a machine because something else needs it. */
const OF_OTHERS =
  /^(lib(?!c-bin$)|python3?(-|\.)|perl-modules|php\d.\d-common$|php-common$|fonts-|galera|gcc-\d+-base|guile|krb5-locales|linux-image-\d|mysql-common|ncurses-term|openssh-sftp-server|pci\.ids|redis-tools|runit-helper|ssl-cert|ucf$|usrmerge|vim-(common|runtime)|mailutils-common|mariadb-(client|common|server-core)|nginx-common|media-types|mime-support|mailcap|distro-info-data|dbus-|cron-daemon-common|bind9-libs|readline-common|sensible-utils|psmisc|xz-utils$|bzip2$|zlib1g)/

/** Packages that were not asked for by name, as apt's own file of a new machine has them. */
export function extendedStates({ packages }: Pick<Persona, 'packages'>, architecture: string): string {
  return packages
    .map((line) => line.split(' ')[0] as string)
    .filter((name) => OF_OTHERS.test(name))
    .map((name) => stanza(name, architecture))
    .join('')
}

function stanza(name: string, architecture: string): string {
  return `Package: ${name}\nArchitecture: ${architecture}\nAuto-Installed: 1\n\n`
}

/** Names of packages that are marked as installed automatically. */
export function automaticPackages({ files }: World): Set<string> {
  try {
    const blocks = files.read(EXTENDED_STATES).toString('utf8').split(/\n\n+/)
    return new Set(blocks.filter((block) => /^Auto-Installed: 1$/m.test(block)).map((block) => /^Package: (\S+)$/m.exec(block)?.[1] ?? ''))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return new Set()
  }
}

export function setAutomatic(world: World, names: ReadonlySet<string>, architecture: string): void {
  world.files.write(
    EXTENDED_STATES,
    Buffer.from(
      [...names]
        .sort()
        .map((name) => stanza(name, architecture))
        .join(''),
    ),
  )
}
