import type { RpcInterface } from '../../../sensor/dcerpc/association.ts'
import type { NdrReader, NdrWriter } from '../../../sensor/dcerpc/ndr.ts'
import type { Machine } from '../machine.ts'
import { type Principal, principalByName, principalBySid } from './accounts.ts'
import { CODE, Handles, rpcInterface } from './interface.ts'

const LARGEST_LOOKUP = 4096
const UNKNOWN = 8

/** Local security authority (MS-LSAT, MS-LSAD): whose domain this is, names to SIDs and back. */
export function lsarpc(machine: Machine, user: string, makeHandle: () => string): RpcInterface {
  const handles = new Handles<true>(makeHandle)
  const open = (_: NdrReader, output: NdrWriter): number => {
    output.handle(handles.open(true))
    return CODE.OK
  }
  const query = (input: NdrReader, output: NdrWriter): number => {
    if (!handles.get(input.handle())) return fails(output, CODE.NT_INVALID_HANDLE)
    return queryPolicy(input.u16(), output, machine)
  }
  return rpcInterface({
    name: 'lsarpc',
    uuid: '12345778-1234-abcd-ef00-0123456789ab',
    major: 0,
    operations: {
      0: [
        'LsarClose',
        (input, output) => {
          const known = handles.close(input.handle())
          output.handle(Handles.NULL)
          return known ? CODE.OK : CODE.NT_INVALID_HANDLE
        },
      ],
      2: ['LsarEnumeratePrivileges', () => CODE.NT_ACCESS_DENIED],
      6: ['LsarOpenPolicy', open],
      7: ['LsarQueryInformationPolicy', query],
      11: [
        'LsarEnumerateAccounts',
        (_, output) => {
          output.u32(0).u32(0).u32(0)
          return CODE.NT_ACCESS_DENIED
        },
      ],
      14: ['LsarLookupNames', (input, output) => lookupNames(input, output, machine, 1)],
      15: ['LsarLookupSids', (input, output) => lookupSids(input, output, machine, 1)],
      44: ['LsarOpenPolicy2', open],
      45: [
        'LsarGetUserName',
        (_, output) => {
          output
            .pointer()
            .unicodeString(user === '' ? 'ANONYMOUS LOGON' : user)
            .flush()
            .u32(0)
          return CODE.OK
        },
      ],
      46: ['LsarQueryInformationPolicy2', query],
      57: ['LsarLookupSids2', (input, output) => lookupSids(input, output, machine, 2)],
      58: ['LsarLookupNames2', (input, output) => lookupNames(input, output, machine, 2)],
      68: ['LsarLookupNames3', (input, output) => lookupNames(input, output, machine, 3)],
    },
  })
}

function fails(output: NdrWriter, status: number): number {
  output.u32(0)
  return status
}

function queryPolicy(level: number, output: NdrWriter, { workgroup, name, sid }: Machine): number {
  switch (level) {
    case 3:
      output.pointer().u16(level).unicodeString(workgroup, 2).u32(0)
      return CODE.OK
    case 5:
      output
        .pointer()
        .u16(level)
        .unicodeString(name, 2)
        .defer(() => output.sid(sid))
      return CODE.OK
    case 6:
      output.pointer().u16(level).u16(3)
      return CODE.OK
    case 12:
      output.pointer().u16(level).unicodeString(workgroup, 2).unicodeString('').unicodeString('').align(4).bytes(Buffer.alloc(16)).u32(0)
      return CODE.OK
    default:
      return fails(output, CODE.NT_INVALID_INFO_CLASS)
  }
}

/** LSAPR_REFERENCED_DOMAIN_LIST; gives the place of each domain in it. */
function writeDomains(output: NdrWriter, found: readonly (Principal | undefined)[]): Map<string, number> {
  const domains = new Map<string, { index: number; sid: string }>()
  for (const one of found) {
    if (one && !domains.has(one.domain)) domains.set(one.domain, { index: domains.size, sid: one.domainSid })
  }
  output.pointer().u32(domains.size)
  if (domains.size === 0) {
    output.u32(0).u32(32)
  } else {
    output.pointer().u32(32).u32(domains.size)
    for (const [name, { sid }] of domains) output.unicodeString(name, 2).defer(() => output.sid(sid))
    output.flush()
  }
  return new Map([...domains].map(([name, { index }]) => [name, index]))
}

function statusOf(found: readonly (Principal | undefined)[]): number {
  const mapped = found.filter((one) => one !== undefined).length
  return mapped === found.length ? CODE.OK : mapped === 0 ? CODE.NT_NONE_MAPPED : CODE.NT_SOME_NOT_MAPPED
}

function lookupSids(input: NdrReader, output: NdrWriter, machine: Machine, version: 1 | 2): number {
  input.handle()
  const count = Math.min(input.u32(), LARGEST_LOOKUP)
  const asked: string[] = []
  if (input.u32() !== 0) {
    input.u32()
    for (let i = 0; i < count; i++) input.u32()
    for (let i = 0; i < count; i++) asked.push(input.sid())
  }
  const found = asked.map((sid) => principalBySid(machine, sid))
  const indexes = writeDomains(output, found)
  output.u32(found.length).pointer().u32(found.length)
  for (const [i, one] of found.entries()) {
    output
      .u16(one?.type ?? UNKNOWN)
      .unicodeString(one?.name ?? (asked[i] as string))
      .u32(one ? (indexes.get(one.domain) ?? 0) : 0xffffffff)
    if (version === 2) output.u32(0)
  }
  output.flush().u32(found.filter((one) => one).length)
  return statusOf(found)
}

function lookupNames(input: NdrReader, output: NdrWriter, machine: Machine, version: 1 | 2 | 3): number {
  input.handle()
  const count = Math.min(input.u32(), LARGEST_LOOKUP)
  const found = input.unicodeStrings(count, false).map((name) => principalByName(machine, name))
  const indexes = writeDomains(output, found)
  output.u32(found.length).pointer().u32(found.length)
  for (const one of found) {
    output.u16(one?.type ?? UNKNOWN)
    if (version < 3) output.u32(one?.rid ?? 0)
    else if (one) output.defer(() => output.sid(one.rid === undefined ? one.domainSid : `${one.domainSid}-${one.rid}`))
    else output.u32(0)
    output.u32(one ? (indexes.get(one.domain) ?? 0) : 0xffffffff)
    if (version > 1) output.u32(0)
  }
  output.flush().u32(found.filter((one) => one).length)
  return statusOf(found)
}
