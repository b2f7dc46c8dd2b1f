import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'

const WARNING = 'Warning: apt-key is deprecated. Manage keyring files in trusted.gpg.d instead (see apt-key(8)).\n'
/** Debian 12's own keys: file, algorithm, day made, day it ends, fingerprint, whose. */
const KEYS: readonly [file: string, kind: string, from: string, to: string, fingerprint: string, owner: string][] = [
  [
    'debian-archive-bookworm-automatic',
    'rsa4096',
    '2023-01-21',
    '2031-01-19',
    'B8B8 0B5B 623E AB6A D877  5C45 B7C5 D7D6 3509 47F8',
    'Debian Archive Automatic Signing Key (12/bookworm) <ftpmaster@debian.org>',
  ],
  [
    'debian-archive-bookworm-security-automatic',
    'rsa4096',
    '2023-01-21',
    '2031-01-19',
    '05AB 9034 0C0C 5E79 7F44  A8C8 254C F3B5 AEC0 A8F0',
    'Debian Security Archive Automatic Signing Key (12/bookworm) <ftpmaster@debian.org>',
  ],
  [
    'debian-archive-bookworm-stable',
    'ed25519',
    '2023-01-23',
    '2031-01-21',
    '4D64 FEC1 19C2 0290 67D6  E791 F8D2 585B 8783 D481',
    'Debian Stable Release Key (12/bookworm) <debian-release@lists.debian.org>',
  ],
]

export default gnuCommand({
  name: 'apt-key',
  package: 'apt',
  usage: '[--keyring file] [command] [arguments]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [verb, file] = process.argv.slice(1).filter((word) => word !== '--quiet')
    const { stdout, stderr, world } = process
    if (
      verb !== undefined &&
      ['list', 'finger', 'fingerprint', 'add', 'del', 'adv', 'export', 'exportall', 'update', 'net-update'].includes(verb)
    )
      await stderr.write(WARNING)
    switch (verb) {
      case 'list':
      case 'finger':
      case 'fingerprint': {
        const shown = world.persona.os.codename === 'bookworm' ? KEYS : []
        for (const [name, kind, from, to, fingerprint, owner] of shown) {
          const path = `/etc/apt/trusted.gpg.d/${name}.asc`
          if (!world.files.may('r', path)) continue
          await stdout.write(
            `${path}\n${'-'.repeat(path.length)}\npub   ${kind} ${from} [SC] [expires: ${to}]\n      ${fingerprint}\nuid           [ unknown] ${owner}\n\n`,
          )
        }
        return 0
      }
      case 'add': {
        if (process.uid !== 0) {
          await stderr.write('E: This command can only be used by root.\n')
          return 1
        }
        try {
          const bytes = file === undefined || file === '-' ? await process.stdin.all(1024 * 1024) : process.files.read(file)
          if (!Buffer.from(bytes).includes('BEGIN PGP')) {
            await stderr.write('gpg: no valid OpenPGP data found.\n')
            return 2
          }
          await stdout.write('OK\n')
          return 0
        } catch (error) {
          if (!(error instanceof HostError)) throw error
          await stderr.write(`gpg: can't open '${file}': ${error.message}\n`)
          return 2
        }
      }
      case 'adv':
        await stderr.write('E: gnupg, gnupg2 and gnupg1 do not seem to be installed, but one of them is required for this operation\n')
        return 255
      case 'del':
      case 'export':
      case 'exportall':
      case 'update':
        return 0
      case 'net-update':
        await stderr.write('ERROR: Your distribution is not supported in net-update as no uri for the archive-keyring is set\n')
        return 1
      default:
        await stdout.write("Usage: apt-key [--keyring file] [command] [arguments]\n\nManage apt's list of trusted keys\n")
        return verb === undefined ? 1 : 0
    }
  },
})
