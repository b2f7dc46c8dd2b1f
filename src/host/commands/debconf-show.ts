import { installedPackages } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'

/** Answers that a server's installation leaves behind, by package; `*` marks those that were asked. */
const ANSWERS: Record<string, readonly string[]> = {
  locales: ['* locales/default_environment_locale: LOCALE', '* locales/locales_to_be_generated: LOCALE UTF-8'],
  'openssh-server': ['  openssh-server/permit-root-login: false', '  openssh-server/password-authentication: true'],
  postfix: [
    '* postfix/main_mailer_type: Local only',
    '* postfix/mailname: HOST',
    '  postfix/destinations: $myhostname, HOST, localhost',
    '  postfix/protocols:',
    '  postfix/relayhost:',
  ],
  'unattended-upgrades': ['  unattended-upgrades/enable_auto_updates: true'],
  tzdata: ['* tzdata/Areas: AREA', '* tzdata/Zones/AREA: ZONE'],
  man: [],
  'man-db': ['  man-db/auto-update: true', '  man-db/install-setuid: false'],
  'grub-pc': [
    '* grub-pc/install_devices: /dev/vda',
    '  grub-pc/timeout: 5',
    '  grub2/linux_cmdline_default: quiet',
    '  grub2/linux_cmdline:',
  ],
  dash: ['  dash/sh: true'],
  sudo: [],
}

export default gnuCommand({
  name: 'debconf-show',
  package: 'debconf',
  usage: 'packagename [...] [--db=dbname]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { world } = process
    const words = process.argv.slice(1)
    const names = words.filter((word) => !word.startsWith('--'))
    if (process.uid !== 0 && words.length) {
      await process.stderr.write(
        'debconf: DbDriver "passwords" warning: could not open /var/cache/debconf/passwords.dat: Permission denied\n',
      )
    }
    if (words.includes('--listdbs')) {
      await process.stdout.write('config\npasswords\ntemplatedb\n')
      return 0
    }
    const installed = installedPackages(world)
    if (words.includes('--listowners')) {
      await process.stdout.write(
        Object.keys(ANSWERS)
          .filter((name) => installed.has(name))
          .map((name) => `${name}\n`)
          .join(''),
      )
      return 0
    }
    if (names.length === 0) {
      await process.stderr.write(
        'Usage: \n    debconf-show packagename [...] [--db=dbname]\n    debconf-show --listowners [--db=dbname]\n    debconf-show --listdbs\n',
      )
      return 1
    }
    const [area = 'Etc', zone = 'UTC'] = world.persona.timezone.split('/')
    const host = `${world.hostname}.${world.persona.domain}`
    for (const name of names)
      for (const line of (installed.has(name) && ANSWERS[name]) || [])
        await process.stdout.write(
          `${line
            .replaceAll('LOCALE', world.persona.locale ?? 'C.UTF-8')
            .replaceAll('HOST', host)
            .replaceAll('AREA', area)
            .replaceAll('ZONE', zone)}\n`,
        )
    return 0
  },
})
