import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { uuidBytes } from '../../sensor/dcerpc/pdu.ts'
import type { NtlmTarget } from '../../sensor/ntlm.ts'

export type Shape = 'windows' | 'samba'

export interface Account {
  name: string
  fullName: string
  comment: string
  rid: number
  /** Account control bits (MS-SAMR 2.2.1.12). */
  control: number
}

/** All that the machine says of itself, in every field and over every dialect. */
export interface Machine {
  shape: Shape
  /** NetBIOS name, upper case. */
  name: string
  workgroup: string
  target: NtlmTarget
  ntlmVersion: { major: number; minor: number; build: number }
  /** Of SMB1's session setup. */
  nativeOs: string
  nativeLanMan: string
  /** Comment of the server and of IPC$. */
  comment: string
  version: { major: number; minor: number }
  serverType: number
  /** SMB2's ServerGuid. */
  guid: Buffer
  /** `S-1-5-21-…` of the accounts. */
  sid: string
  accounts: Account[]
  /** UTC milliseconds. */
  bootedAt: number
  speaksSmb1: boolean
  /** SMB2 dialects, rising. */
  dialects: readonly number[]
  /** Of the volume that is shared. */
  serial: number
  /** Bytes. */
  disk: { total: number; free: number }
}

const NORMAL = 0x10
const NEVER_EXPIRES = 0x200
const DISABLED = 1

/** @param startedAt UTC milliseconds of the lure's start: uptimes count from there and before */
export function machineOf(persona: Persona, identity: Identity, shape: Shape, startedAt: number): Machine {
  const name = persona.hostname.slice(0, 15).toUpperCase()
  const label = `smb/${persona.name}`
  const id = (part: string): number => identity.integer(`${label}/sid/${part}`, 300_000_000, 4_200_000_000)
  const common = {
    shape,
    name,
    workgroup: 'WORKGROUP',
    sid: `S-1-5-21-${id('a')}-${id('b')}-${id('c')}`,
    bootedAt: startedAt - identity.integer(`${label}/uptime`, 3 * 86_400, 40 * 86_400) * 1000,
    serial: identity.integer(`${label}/serial`, 0x10000000, 0x7fffffff),
  }
  const [volume] = persona.hardware.disks
  const gib = (n: number): number => Math.floor(n * 2 ** 30)
  const disk = { total: gib(volume?.sizeGiB ?? 60), free: gib((volume?.sizeGiB ?? 60) - (volume?.usedGiB ?? 22)) }
  const people = persona.users.filter(({ uid, password }) => uid >= 1000 && uid < 60_000 && password !== undefined)
  const accounts = people.map(({ name: user, gecos }, i) => ({
    name: user,
    fullName: gecos.split(',')[0] ?? '',
    comment: '',
    rid: 1000 + i,
    control: NORMAL,
  }))
  if (shape === 'samba') {
    return {
      ...common,
      disk,
      accounts,
      target: { netbiosComputer: name, netbiosDomain: name, dnsComputer: dnsName(persona), dnsDomain: dnsDomain(persona) },
      ntlmVersion: { major: 6, minor: 1, build: 0 },
      nativeOs: 'Windows 6.1',
      nativeLanMan: persona.os.id === 'ubuntu' ? 'Samba 4.19.5-Ubuntu' : 'Samba 4.17.12-Debian',
      comment: persona.os.id === 'ubuntu' ? `${persona.hostname} server (Samba, Ubuntu)` : 'Samba 4.17.12-Debian',
      version: { major: 6, minor: 1 },
      serverType: 0x809a03,
      guid: Buffer.alloc(16, Buffer.concat([Buffer.from(name.toLowerCase(), 'latin1'), Buffer.alloc(16)]).subarray(0, 16)),
      speaksSmb1: false,
      dialects: [0x202, 0x210, 0x300, 0x302, 0x311],
    }
  }
  return {
    ...common,
    disk,
    accounts: [
      {
        name: 'Administrator',
        fullName: '',
        comment: 'Built-in account for administering the computer/domain',
        rid: 500,
        control: NORMAL | NEVER_EXPIRES,
      },
      {
        name: 'Guest',
        fullName: '',
        comment: 'Built-in account for guest access to the computer/domain',
        rid: 501,
        control: NORMAL | NEVER_EXPIRES | DISABLED | 4,
      },
      ...accounts,
    ],
    target: { netbiosComputer: name, netbiosDomain: name, dnsComputer: name, dnsDomain: name },
    ntlmVersion: { major: 6, minor: 1, build: 7601 },
    nativeOs: 'Windows Server 2008 R2 Standard 7601 Service Pack 1',
    nativeLanMan: 'Windows Server 2008 R2 Standard 6.1',
    comment: '',
    version: { major: 6, minor: 1 },
    serverType: 0x9003,
    guid: uuidBytes(identity.uuid(`${label}/guid`)),
    speaksSmb1: true,
    dialects: [0x202, 0x210],
  }
}

function dnsName(persona: Persona): string {
  return dnsDomain(persona) === '' ? persona.hostname : `${persona.hostname}.${persona.domain}`
}

function dnsDomain(persona: Persona): string {
  return persona.domain === 'localdomain' ? '' : persona.domain
}

/** Passwords of Administrator that worms and brute-forcers find; two of them an install, drawn by the seed. */
const WEAK_PASSWORDS = [
  'password',
  '123456',
  'admin',
  'P@ssw0rd',
  'Password1',
  'qwerty',
  '12345678',
  '1234',
  'abc123',
  'admin123',
  'letmein',
  '111111',
]

export function weakPasswords(identity: Identity): string[] {
  const first = identity.integer('smb/weak', 0, WEAK_PASSWORDS.length - 1)
  return [first, (first + 5) % WEAK_PASSWORDS.length].map((i) => WEAK_PASSWORDS[i] as string)
}
