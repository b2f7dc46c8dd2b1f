import type { DatabaseSession } from '../session.ts'

/** One row of sys.configurations. */
export interface ConfigurationOption {
  id: number
  name: string
  value: number
  minimum: number
  maximum: number
  description: string
  isAdvanced: boolean
}

const OPTIONS: readonly (readonly [id: number, name: string, value: number, minimum: number, maximum: number, isAdvanced: 0 | 1])[] = [
  [101, 'recovery interval (min)', 0, 0, 32_767, 1],
  [102, 'allow updates', 0, 0, 1, 0],
  [103, 'user connections', 0, 0, 32_767, 1],
  [115, 'nested triggers', 1, 0, 1, 0],
  [117, 'remote access', 1, 0, 1, 0],
  [124, 'default language', 0, 0, 9999, 0],
  [400, 'cross db ownership chaining', 0, 0, 1, 0],
  [505, 'network packet size (B)', 4096, 512, 32_767, 1],
  [518, 'show advanced options', 0, 0, 1, 0],
  [542, 'remote proc trans', 0, 0, 1, 0],
  [1126, 'default full-text language', 1033, 0, 2_147_483_647, 1],
  [1539, 'max degree of parallelism', 0, 0, 32_767, 1],
  [1543, 'min server memory (MB)', 0, 0, 2_147_483_647, 1],
  [1544, 'max server memory (MB)', 2_147_483_647, 128, 2_147_483_647, 1],
  [1562, 'clr enabled', 0, 0, 1, 0],
  [1568, 'default trace enabled', 1, 0, 1, 1],
  [1576, 'remote admin connections', 0, 0, 1, 0],
  [1579, 'backup compression default', 0, 0, 1, 0],
  [1587, 'clr strict security', 1, 0, 1, 1],
  [16_384, 'Agent XPs', 0, 0, 1, 1],
  [16_386, 'Database Mail XPs', 0, 0, 1, 1],
  [16_388, 'Ole Automation Procedures', 0, 0, 1, 1],
  [16_390, 'xp_cmdshell', 0, 0, 1, 1],
  [16_391, 'Ad Hoc Distributed Queries', 0, 0, 1, 1],
  [16_393, 'contained database authentication', 0, 0, 1, 0],
  [16_396, 'external scripts enabled', 0, 0, 1, 0],
]

export const CONFIGURATION: readonly ConfigurationOption[] = OPTIONS.map(([id, name, value, minimum, maximum, isAdvanced]) => ({
  id,
  name,
  value,
  minimum,
  maximum,
  description: name,
  isAdvanced: isAdvanced === 1,
}))

const key = (name: string, part: 'configured' | 'running'): string => `configuration/${part}/${name}`

export function configured(session: DatabaseSession, option: ConfigurationOption): number {
  return Number(session.setup.serverSettings.get(key(option.name, 'configured')) ?? option.value)
}

export function running(session: DatabaseSession, option: ConfigurationOption): number {
  return Number(session.setup.serverSettings.get(key(option.name, 'running')) ?? option.value)
}

export function configure(session: DatabaseSession, option: ConfigurationOption, value: number): void {
  session.setup.serverSettings.set(key(option.name, 'configured'), value)
}

/** RECONFIGURE: what was configured runs. */
export function reconfigure(session: DatabaseSession): void {
  for (const option of CONFIGURATION) {
    const value = configured(session, option)
    if (value !== running(session, option)) session.setup.serverSettings.set(key(option.name, 'running'), value)
  }
}

export function isOn(session: DatabaseSession, name: string): boolean {
  const option = CONFIGURATION.find((one) => one.name === name)
  return option !== undefined && running(session, option) !== 0
}

/** Options whose name begins so; an exact name is one alone. */
export function optionsNamed(name: string): ConfigurationOption[] {
  const wanted = name.toLowerCase()
  const exact = CONFIGURATION.filter((option) => option.name.toLowerCase() === wanted)
  return exact.length ? exact : CONFIGURATION.filter((option) => option.name.toLowerCase().includes(wanted))
}
