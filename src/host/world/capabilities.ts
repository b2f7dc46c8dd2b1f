/** Capabilities of Linux 6.1 in the order of their bits (linux/capability.h). */
export const CAPABILITIES: readonly string[] = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast ' +
  'net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice ' +
  'sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm ' +
  'block_suspend audit_read perfmon bpf checkpoint_restore'
)
  .split(' ')
  .map((name) => `cap_${name}`)
export const ALL_CAPABILITIES = (1n << BigInt(CAPABILITIES.length)) - 1n

/** The sets of a process or file, a bit a capability. */
export interface CapabilitySets {
  effective: bigint
  permitted: bigint
  inheritable: bigint
}

const FLAGS = { e: 'effective', i: 'inheritable', p: 'permitted' } as const
type Flag = keyof typeof FLAGS
const NO_CAPABILITIES: CapabilitySets = { effective: 0n, permitted: 0n, inheritable: 0n }
/** VFS_CAP_REVISION_2, _3 and VFS_CAP_FLAGS_EFFECTIVE of linux/capability.h. */
const REVISION_2 = 0x0200_0000
const REVISION_3 = 0x0300_0000
const EFFECTIVE = 1

/** What a process may do: root everything that its bounding set leaves it, others what the file gave that it runs. */
export function capabilitiesOf(process: {
  readonly uid: number
  readonly bounding?: bigint
  readonly fileCapabilities?: CapabilitySets | undefined
}): CapabilitySets {
  const bounding = process.bounding ?? ALL_CAPABILITIES
  if (process.uid === 0) return { effective: bounding, permitted: bounding, inheritable: 0n }
  const file = process.fileCapabilities
  return file ? { effective: file.effective & bounding, permitted: file.permitted & bounding, inheritable: 0n } : NO_CAPABILITIES
}

/** Whether a process holds the capability of that name. */
export function holds(process: Parameters<typeof capabilitiesOf>[0], name: string): boolean {
  return ((capabilitiesOf(process).effective >> BigInt(CAPABILITIES.indexOf(name))) & 1n) === 1n
}

/**
 * Value of the extended attribute `security.capability` in hex. The effective set of a file is all or nothing.
 * @param rootId who is root in the user namespace that it was set in; it counts nowhere else
 */
export function encodeFileCapabilities({ effective, permitted, inheritable }: CapabilitySets, rootId = 0): string {
  const bytes = Buffer.alloc(rootId === 0 ? 20 : 24)
  bytes.writeUInt32LE((rootId === 0 ? REVISION_2 : REVISION_3) | (effective ? EFFECTIVE : 0))
  if (rootId !== 0) bytes.writeUInt32LE(rootId, 20)
  for (const [half, shift] of [0n, 32n].entries()) {
    bytes.writeUInt32LE(Number((permitted >> shift) & 0xffff_ffffn), 4 + half * 8)
    bytes.writeUInt32LE(Number((inheritable >> shift) & 0xffff_ffffn), 8 + half * 8)
  }
  return bytes.toString('hex')
}

/** Undefined without the attribute. */
export function decodeFileCapabilities(attribute: string | undefined): (CapabilitySets & { rootId: number }) | undefined {
  const bytes = Buffer.from(attribute ?? '', 'hex')
  if (bytes.length < 20) return undefined
  const set = (at: number): bigint => BigInt(bytes.readUInt32LE(at)) | (BigInt(bytes.readUInt32LE(at + 8)) << 32n)
  const [permitted, inheritable] = [set(4), set(8)]
  const effective = bytes.readUInt32LE() & EFFECTIVE ? permitted | inheritable : 0n
  return { permitted, inheritable, effective, rootId: bytes.length >= 24 ? bytes.readUInt32LE(20) : 0 }
}

/** Bits of `cap_net_raw,13,all`; undefined when a name is none. */
export function capabilityBits(names: string): bigint | undefined {
  let bits = 0n
  for (const name of names.toLowerCase().split(',')) {
    const at = CAPABILITIES.indexOf(name)
    if (name === 'all') bits |= ALL_CAPABILITIES
    else if (at >= 0) bits |= 1n << BigInt(at)
    else if (/^\d{1,2}$/.test(name) && Number(name) < 64) bits |= 1n << BigInt(name)
    else return undefined
  }
  return bits
}

/** Names of the bits, by commas. */
export function capabilityNames(bits: bigint): string {
  const names: string[] = []
  for (let bit = 0; bit < 64; bit++) if ((bits >> BigInt(bit)) & 1n) names.push(CAPABILITIES[bit] ?? String(bit))
  return names.join(',')
}

/** Reads `cap_net_raw+ep cap_chown=i`; undefined when it is not what cap_from_text(3) takes. */
export function parseCapabilities(text: string): CapabilitySets | undefined {
  const sets: CapabilitySets = { ...NO_CAPABILITIES }
  for (const clause of text.split(/\s+/).filter((part) => part !== '')) {
    const [, names, actions] = /^([a-z0-9_,]*)((?:[-+=][eip]*)+)$/i.exec(clause) ?? []
    if (names === undefined || actions === undefined || (names === '' && !actions.startsWith('='))) return undefined
    const bits = names === '' ? ALL_CAPABILITIES : capabilityBits(names)
    if (bits === undefined) return undefined
    for (const action of actions.match(/[-+=][eip]*/gi) ?? []) {
      if (action.startsWith('=')) for (const flag of Object.values(FLAGS)) sets[flag] &= ~bits
      for (const letter of action.slice(1).toLowerCase()) {
        const flag = FLAGS[letter as Flag]
        sets[flag] = action.startsWith('-') ? sets[flag] & ~bits : sets[flag] | bits
      }
    }
  }
  return sets
}

/** As cap_to_text(3) writes it: what most capabilities have comes first, then how the others differ from it. */
export function capabilityText(sets: CapabilitySets): string {
  const groups = new Map<number, bigint>()
  for (let bit = 0; bit < CAPABILITIES.length; bit++) {
    const flag = (set: bigint): number => Number((set >> BigInt(bit)) & 1n)
    const combination = flag(sets.effective) | (flag(sets.permitted) << 1) | (flag(sets.inheritable) << 2)
    groups.set(combination, (groups.get(combination) ?? 0n) | (1n << BigInt(bit)))
  }
  const count = (combination: number): number => capabilityNames(groups.get(combination) ?? 0n).split(',').length
  let base = 0
  for (const combination of groups.keys()) if (!groups.has(base) || count(combination) > count(base)) base = combination
  const parts = base === 0 ? [] : [`=${letters(base)}`]
  for (let combination = 7; combination >= 0; combination--) {
    const bits = groups.get(combination)
    if (bits === undefined || combination === base) continue
    const [more, less] = [letters(combination & ~base), letters(base & ~combination)]
    // The very first clause says what it is, those behind it what is different.
    parts.push(`${capabilityNames(bits)}${parts.length === 0 ? `=${more}` : `${more && `+${more}`}${less && `-${less}`}`}`)
  }
  return parts.length === 0 ? '=' : parts.join(' ')
}

function letters(combination: number): string {
  return `${combination & 1 ? 'e' : ''}${combination & 4 ? 'i' : ''}${combination & 2 ? 'p' : ''}`
}
