import type { World } from '../../command.ts'
import { HostError } from '../../contract.ts'

/** An installed package. */
export interface App {
  name: string
  /** Path of its APK. */
  path: string
  isSystem: boolean
}

/** Packages of the box's image, by the folder of their APK. */
const IMAGE_APPS: Readonly<Record<string, string>> = {
  'com.droidlogic.mboxlauncher': '/system/priv-app/MboxLauncher/MboxLauncher.apk',
  'com.android.systemui': '/system/priv-app/SystemUI/SystemUI.apk',
  'com.android.tv.settings': '/system/priv-app/Settings/Settings.apk',
  'com.google.android.gms': '/system/priv-app/PrebuiltGmsCore/PrebuiltGmsCore.apk',
  'com.android.vending': '/system/priv-app/Phonesky/Phonesky.apk',
  'com.android.packageinstaller': '/system/priv-app/PackageInstaller/PackageInstaller.apk',
  'com.android.provision': '/system/priv-app/Provision/Provision.apk',
  'com.android.providers.telephony': '/system/priv-app/TelephonyProvider/TelephonyProvider.apk',
  'org.xbmc.kodi': '/system/app/Kodi/Kodi.apk',
  'com.google.android.youtube.tv': '/system/app/YouTubeTV/YouTubeTV.apk',
  'com.android.inputmethod.latin': '/system/app/LatinIME/LatinIME.apk',
  'com.droidlogic.FileBrower': '/system/app/FileBrowser/FileBrowser.apk',
  'com.droidlogic.otaupgrade': '/system/app/OTAUpgrade/OTAUpgrade.apk',
  'com.android.bluetooth': '/system/app/Bluetooth/Bluetooth.apk',
  'com.google.android.webview': '/system/app/WebViewGoogle/WebViewGoogle.apk',
  'com.droidlogic.miracast': '/system/app/Miracast/Miracast.apk',
  android: '/system/framework/framework-res.apk',
}
const FOLDER = '/data/app'

/** All packages, as the image has them and as the folders below /data/app say. */
export function apps(world: World): App[] {
  const own = Object.entries(IMAGE_APPS).map(([name, path]) => ({ name, path, isSystem: true }))
  const added = foldersOf(world).map((folder) => ({
    name: folder.slice(0, folder.indexOf('-')),
    path: `${FOLDER}/${folder}/base.apk`,
    isSystem: false,
  }))
  return [...own.filter((app) => !added.some((other) => other.name === app.name)), ...added]
}

export function app(world: World, name: string): App | undefined {
  return apps(world).find((one) => one.name === name)
}

/** Puts a package in its folder, as installd does. @throws HostError when the disk is full */
export function installApp(world: World, name: string, apk: Uint8Array): App {
  const suffix = world.identity.bytes(`persona/${world.persona.name}/app/${name}`, 16).toString('base64url')
  const folder = `${FOLDER}/${name}-${suffix}==`
  if (!foldersOf(world).includes(folder.slice(FOLDER.length + 1))) world.files.mkdir(folder, 0o755)
  world.files.write(`${folder}/base.apk`, apk, 0o644)
  return { name, path: `${folder}/base.apk`, isSystem: false }
}

/** Removes a package that was added; false for those of the image and for unknown ones. */
export function uninstallApp(world: World, name: string): boolean {
  const found = app(world, name)
  if (!found || found.isSystem) return false
  world.files.remove(found.path)
  world.files.rmdir(found.path.slice(0, -'/base.apk'.length))
  stopApp(world, name)
  return true
}

/** Starts the process of an app, a child of zygote; one is enough. */
export function startApp(world: World, name: string): void {
  const all = world.processes.list()
  if (all.some((process) => process.argv[0] === name)) return
  const zygote = all.find((process) => process.argv[0] === 'zygote')
  world.processes.addResident({
    argv: [name],
    comm: name.slice(-15),
    exe: '/system/bin/app_process32',
    ppid: zygote?.pid ?? 1,
    uid: 10_000 + world.identity.integer(`persona/${world.persona.name}/app-uid/${name}`, 70, 160),
    rssKiB: 61_000,
    vszKiB: 980_000,
    threads: 18,
  })
}

export function stopApp(world: World, name: string): void {
  for (const process of world.processes.list()) if (process.argv[0] === name) world.processes.signal(process.pid, 'KILL', { uid: 0 })
}

function foldersOf(world: World): string[] {
  try {
    return world.files.list(FOLDER).filter((folder) => folder.includes('-'))
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}
