import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'

export type System = 'linux' | 'windows'

/** SQL Server 2019 as it was released: the newest that nmap names. */
export const VERSION = '15.0.2000.5'

/** Text of `@@VERSION`. */
export function versionText(system: System, { os }: Persona): string {
  const place =
    system === 'windows'
      ? 'Standard Edition (64-bit) on Windows Server 2019 Standard 10.0 <X64> (Build 17763: ) (Hypervisor)\n'
      : `Developer Edition (64-bit) on Linux (${os.name} ${os.version}${os.codename && ` (${os.codename})`}) <X64>`
  return `Microsoft SQL Server 2019 (RTM) - ${VERSION} (X64) \n\tSep 24 2019 13:48:23 \n\tCopyright (C) 2019 Microsoft Corporation\n\t${place}`
}

/** NetBIOS name of the machine. */
export function machineName({ hostname }: Persona): string {
  return hostname.toUpperCase().slice(0, 15)
}

/** Passwords of sa that brute-forcers find; two of them an install, drawn by the seed. */
const WEAK_PASSWORDS = [
  'sa',
  '123456',
  'P@ssw0rd',
  'password',
  'sql2019',
  'admin',
  'Password1',
  'sa123456',
  'abc123',
  '12345678',
  'qwerty',
  'admin123',
]

export function weakLogins(identity: Identity): { user: string; password: string }[] {
  const first = identity.integer('mssql/weak', 0, WEAK_PASSWORDS.length - 1)
  return [first, (first + 5) % WEAK_PASSWORDS.length].map((i) => ({ user: 'sa', password: WEAK_PASSWORDS[i] as string }))
}
