import { type Major, type Release, releaseOf } from './release.ts'

/**
 * Who this Redis is. A stock Redis 7 refuses all that makes Redis worth attacking (CONFIG SET dir, MODULE LOAD, Lua's
 * `package`), so the default is the open server of an older machine, where an attack gets to show its second stage.
 */
export interface Profile {
  release: Release
  /** Account that the server runs as: who owns what it writes, and who `system.exec` is. */
  user: 'root' | 'redis'
  /** Whether CONFIG SET may change `dir` and `dbfilename`, and MODULE and DEBUG work (always before Redis 7). */
  protectedConfigs: boolean
  moduleCommand: boolean
  debugCommand: boolean
  /** The Debian and Ubuntu builds before 2022 left Lua's `package` within reach: CVE-2022-0543. */
  luaSandboxEscape: boolean
  /** A dump that holds a shared object can be loaded as module. Redis 7 refuses files without the execute permission. */
  modulesLoad: boolean
}

export const PROFILE_NAMES = ['vuln5', 'legacy6', 'modern7', 'auth'] as const
export type ProfileName = (typeof PROFILE_NAMES)[number]

export function profileOf(name: ProfileName, enable: { protectedConfigs: boolean; moduleCommand: boolean }): Profile {
  const profiles: Record<ProfileName, () => Profile> = {
    vuln5: () => ({ ...old(5), luaSandboxEscape: true, modulesLoad: true }),
    legacy6: () => ({ ...old(6), luaSandboxEscape: true, modulesLoad: true }),
    auth: () => old(6),
    modern7: () => ({
      ...old(7),
      user: 'redis',
      protectedConfigs: enable.protectedConfigs,
      moduleCommand: enable.moduleCommand,
      debugCommand: false,
    }),
  }
  return profiles[name]()
}

function old(major: Major): Profile {
  return {
    release: releaseOf(major),
    user: 'root',
    protectedConfigs: true,
    moduleCommand: true,
    debugCommand: true,
    luaSandboxEscape: false,
    modulesLoad: false,
  }
}
