import type { Process } from '../command.ts'
import { asInstalled, candidate, changePackages, installedPackages } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'
import { globMatch } from './gnu/glob.ts'
import { noteIndicator, resolve } from './net/target.ts'

const FEEDS = ['core', 'base', 'luci', 'packages', 'routing', 'telephony']

export default gnuCommand({
  name: 'opkg',
  package: 'opkg',
  paths: ['/usr/bin/opkg', '/bin/opkg'],
  usage: '[options] sub-command [arguments]',
  short: 'AV:f:t:d:o:l:',
  long: {
    'force-depends': 'force',
    'force-overwrite': 'force',
    'force-reinstall': 'force',
    autoremove: 'auto',
    'no-check-certificate': 'force',
  },
  async run(process, options) {
    const [verb, ...names] = options.operands
    const all = installedPackages(process.world)
    switch (verb) {
      case 'update':
        return update(process)
      case 'list-installed':
        for (const entry of all.values())
          if (names.length === 0 || names.some((name) => globMatch(name, entry.name)))
            await process.stdout.write(`${entry.name} - ${entry.version}\n`)
        return 0
      case 'list':
      case 'find':
      case 'list-upgradable':
        return 0
      case 'info':
      case 'status':
        for (const name of names) {
          const entry = all.get(name)
          if (entry)
            await process.stdout.write(
              `Package: ${entry.name}\nVersion: ${entry.version}\nDepends: libc\nStatus: install user installed\nArchitecture: ${entry.architecture}\nInstalled-Time: ${Math.floor(process.world.bootedAt / 1000)}\n\n`,
            )
        }
        return 0
      case 'install':
        return install(process, names)
      case 'remove':
        for (const name of names) {
          if (!all.has(name)) await process.stdout.write(`No packages removed.\n`)
          else {
            await process.stdout.write(`Removing package ${name} from root...\n`)
            changePackages(process.world, [], [name])
          }
        }
        return 0
      case 'print-architecture':
        await process.stdout.write('arch all 1\narch noarch 1\narch mipsel_24kc 10\n')
        return 0
      default:
        await process.stderr.write(
          `opkg: ${verb === undefined ? 'sub-command missing' : `unknown sub-command ${verb}`}\nusage: opkg [options...] sub-command [arguments...]\nwhere sub-command is one of:\n\nPackage Manipulation:\n\tupdate\t\t\tUpdate list of available packages\n\tupgrade <pkgs>\t\tUpgrade packages\n\tinstall <pkgs>\t\tInstall package(s)\n\tremove <pkgs|regexp>\tRemove package(s)\n`,
        )
        return 1
    }
  },
})

async function update(process: Process): Promise<number> {
  const { persona } = process.world
  const base = `https://downloads.openwrt.org/releases/${persona.os.version}`
  const reachable = 'address' in (await resolve(process, 'downloads.openwrt.org'))
  for (const feed of FEEDS) {
    const url =
      feed === 'core'
        ? `${base}/targets/${persona.facts.target ?? 'ramips/mt76x8'}/packages/Packages.gz`
        : `${base}/packages/mipsel_24kc/${feed}/Packages.gz`
    await process.stdout.write(`Downloading ${url}\n`)
    await process.sleep(300)
    if (reachable)
      await process.stdout.write(
        `Updated list of available packages in /var/opkg-lists/openwrt_${feed}\nDownloading ${url.replace('Packages.gz', 'Packages.sig')}\nSignature check passed.\n`,
      )
    else
      await process.stdout.write(`Failed to send request: Operation not permitted\n*** Failed to download the package list from ${url}\n\n`)
  }
  if (reachable) return 0
  await process.stderr.write(
    `Collected errors:\n${FEEDS.map((feed) => ` * opkg_download: Failed to download ${base}/packages/mipsel_24kc/${feed}/Packages.gz, wget returned 4.\n`).join('')}`,
  )
  return 255
}

async function install(process: Process, names: readonly string[]): Promise<number> {
  for (const name of names) {
    if (/:\/\//.test(name)) noteIndicator(process, 'url', name, 'opkg')
    const now = installedPackages(process.world).get(name)
    const entry = candidate(process.world, name)
    if (now) {
      await process.stdout.write(`Package ${name} (${now.version}) installed in root is up to date.\n`)
      continue
    }
    if (!entry || process.world.persona.egress !== 'succeeds') {
      await process.stdout.write(`Unknown package '${name}'.\n`)
      await process.stderr.write(`Collected errors:\n * opkg_install_cmd: Cannot install package ${name}.\n`)
      return 255
    }
    await process.stdout.write(`Installing ${name} (${entry.version}) to root...\n`)
    await process.sleep(900)
    await process.stdout.write(`Configuring ${name}.\n`)
    changePackages(process.world, [asInstalled(process.world, entry)], [])
  }
  return 0
}
