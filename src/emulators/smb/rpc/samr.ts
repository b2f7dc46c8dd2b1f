import type { RpcInterface } from '../../../sensor/dcerpc/association.ts'
import type { NdrReader, NdrWriter } from '../../../sensor/dcerpc/ndr.ts'
import type { Account, Machine } from '../machine.ts'
import { ALIASES, BUILTIN_SID, GROUPS } from './accounts.ts'
import { CODE, Handles, type Operation, rpcInterface } from './interface.ts'
import { writeDomainInfo, writeUserInfo } from './samr-information.ts'

type Handle =
  | { on: 'server' }
  | { on: 'domain'; isBuiltin: boolean }
  | { on: 'user'; account: Account }
  | { on: 'group'; rid: number; isAlias: boolean }

const LARGEST_LOOKUP = 1000

/** Accounts database (MS-SAMR 3.1.5) of a machine that is member of no domain. */
export function samr(machine: Machine, makeHandle: () => string): RpcInterface {
  const handles = new Handles<Handle>(makeHandle)
  const opens = (output: NdrWriter, what: Handle | undefined, missing: number): number => {
    output.handle(what ? handles.open(what) : Handles.NULL)
    return what ? CODE.OK : missing
  }
  const connect: Operation = (_, output) => opens(output, { on: 'server' }, 0)
  const domainOf = (input: NdrReader): { isBuiltin: boolean } | undefined => {
    const handle = handles.get(input.handle())
    return handle?.on === 'domain' ? handle : undefined
  }
  const listing =
    (entries: (isBuiltin: boolean) => readonly { rid: number; name: string }[], hasFilter = false): Operation =>
    (input, output) => {
      const domain = domainOf(input)
      const resume = input.u32()
      if (hasFilter) input.u32()
      const list = domain && resume === 0 ? entries(domain.isBuiltin) : []
      output.u32(list.length).pointer().u32(list.length)
      if (list.length === 0) output.u32(0)
      else output.pointer().u32(list.length)
      for (const { rid, name } of list) output.u32(rid).unicodeString(name)
      output.flush().u32(list.length)
      return domain ? CODE.OK : CODE.NT_INVALID_HANDLE
    }
  const domainInfo: Operation = (input, output) => {
    const domain = domainOf(input)
    const level = input.u16()
    if (!domain) return nothing(output, CODE.NT_INVALID_HANDLE)
    return writeDomainInfo(output, level, machine, domain.isBuiltin)
  }
  const userInfo: Operation = (input, output) => {
    const handle = handles.get(input.handle())
    const level = input.u16()
    if (handle?.on !== 'user') return nothing(output, CODE.NT_INVALID_HANDLE)
    return writeUserInfo(output, level, handle.account, machine)
  }
  const display: Operation = (input, output) => displayInformation(input, output, machine, domainOf(input))
  return rpcInterface({
    name: 'samr',
    uuid: '12345778-1234-abcd-ef00-0123456789ac',
    major: 1,
    operations: {
      0: ['SamrConnect', connect],
      1: [
        'SamrCloseHandle',
        (input, output) => {
          const known = handles.close(input.handle())
          output.handle(Handles.NULL)
          return known ? CODE.OK : CODE.NT_INVALID_HANDLE
        },
      ],
      3: ['SamrQuerySecurityObject', (_, output) => nothing(output, CODE.NT_ACCESS_DENIED)],
      5: ['SamrLookupDomainInSamServer', (input, output) => lookupDomain(input, output, machine)],
      6: ['SamrEnumerateDomainsInSamServer', (_, output) => enumerateDomains(output, machine)],
      7: [
        'SamrOpenDomain',
        (input, output) => {
          input.handle()
          input.u32()
          const sid = input.sid()
          const isBuiltin = sid === BUILTIN_SID
          return opens(output, isBuiltin || sid === machine.sid ? { on: 'domain', isBuiltin } : undefined, CODE.NT_NO_SUCH_DOMAIN)
        },
      ],
      8: ['SamrQueryInformationDomain', domainInfo],
      11: ['SamrEnumerateGroupsInDomain', listing((isBuiltin) => (isBuiltin || machine.shape === 'samba' ? [] : GROUPS))],
      13: ['SamrEnumerateUsersInDomain', listing((isBuiltin) => (isBuiltin ? [] : machine.accounts), true)],
      15: ['SamrEnumerateAliasesInDomain', listing((isBuiltin) => (isBuiltin ? ALIASES : []))],
      16: ['SamrGetAliasMembership', (_, output) => counted(output, [])],
      17: ['SamrLookupNamesInDomain', (input, output) => lookupNames(input, output, machine, domainOf(input))],
      18: ['SamrLookupIdsInDomain', (input, output) => lookupRids(input, output, machine, domainOf(input))],
      19: [
        'SamrOpenGroup',
        (input, output) => {
          const domain = domainOf(input)
          input.u32()
          const rid = input.u32()
          const known = domain && !domain.isBuiltin && GROUPS.some((group) => group.rid === rid)
          return opens(output, known ? { on: 'group', rid, isAlias: false } : undefined, 0xc0000066)
        },
      ],
      20: ['SamrQueryInformationGroup', (_, output) => nothing(output, CODE.NT_ACCESS_DENIED)],
      25: ['SamrGetMembersInGroup', (_, output) => members(output, machine)],
      27: [
        'SamrOpenAlias',
        (input, output) => {
          const domain = domainOf(input)
          input.u32()
          const rid = input.u32()
          const known = domain?.isBuiltin && ALIASES.some((alias) => alias.rid === rid)
          return opens(output, known ? { on: 'group', rid, isAlias: true } : undefined, CODE.NT_NO_SUCH_ALIAS)
        },
      ],
      33: ['SamrGetMembersInAlias', (input, output) => aliasMembers(output, machine, handles.get(input.handle()))],
      34: [
        'SamrOpenUser',
        (input, output) => {
          const domain = domainOf(input)
          input.u32()
          const rid = input.u32()
          const account = domain && !domain.isBuiltin ? machine.accounts.find((one) => one.rid === rid) : undefined
          return opens(output, account && { on: 'user', account }, CODE.NT_NO_SUCH_USER)
        },
      ],
      36: ['SamrQueryInformationUser', userInfo],
      39: [
        'SamrGetGroupsForUser',
        (_, output) => {
          output.pointer().u32(1).pointer().u32(1).u32(513).u32(7)
          return CODE.OK
        },
      ],
      40: ['SamrQueryDisplayInformation', display],
      44: [
        'SamrGetUserDomainPasswordInformation',
        (_, output) => {
          output.u16(0).align(4).u32(0)
          return CODE.OK
        },
      ],
      46: ['SamrQueryInformationDomain2', domainInfo],
      47: ['SamrQueryInformationUser2', userInfo],
      48: ['SamrQueryDisplayInformation2', display],
      51: ['SamrQueryDisplayInformation3', display],
      56: [
        'SamrGetDomainPasswordInformation',
        (_, output) => {
          output.u16(0).align(4).u32(0)
          return CODE.OK
        },
      ],
      57: ['SamrConnect2', connect],
      62: ['SamrConnect4', connect],
      64: [
        'SamrConnect5',
        (_, output) => {
          output
            .u32(1)
            .u32(1)
            .u32(3)
            .u32(0)
            .handle(handles.open({ on: 'server' }))
          return CODE.OK
        },
      ],
    },
  })
}

function nothing(output: NdrWriter, status: number): number {
  output.u32(0)
  return status
}

function lookupDomain(input: NdrReader, output: NdrWriter, { name, sid }: Machine): number {
  input.handle()
  const asked = input.unicodeStringHead() ? input.wideString() : ''
  const found = asked.toLowerCase() === 'builtin' ? BUILTIN_SID : asked.toLowerCase() === name.toLowerCase() ? sid : undefined
  if (found === undefined) return nothing(output, CODE.NT_NO_SUCH_DOMAIN)
  output.pointer().sid(found)
  return CODE.OK
}

function enumerateDomains(output: NdrWriter, { name }: Machine): number {
  output.u32(2).pointer().u32(2).pointer().u32(2)
  for (const [index, domain] of [name, 'Builtin'].entries()) output.u32(index).unicodeString(domain)
  output.flush().u32(2)
  return CODE.OK
}

/** SAMPR_ULONG_ARRAY */
function counted(output: NdrWriter, numbers: readonly number[]): number {
  output.u32(numbers.length).pointer().u32(numbers.length)
  for (const number of numbers) output.u32(number)
  return CODE.OK
}

function lookupNames(input: NdrReader, output: NdrWriter, { accounts }: Machine, domain: { isBuiltin: boolean } | undefined): number {
  const names = input.unicodeStrings(Math.min(input.u32(), LARGEST_LOOKUP), true)
  const known = domain?.isBuiltin ? ALIASES : [...accounts, ...GROUPS]
  const found = names.map((name) => known.find((one) => one.name.toLowerCase() === name.toLowerCase()))
  counted(
    output,
    found.map((one) => one?.rid ?? 0),
  )
  const kind = domain?.isBuiltin ? 4 : 1
  counted(
    output,
    found.map((one) => (one ? (one.rid === 513 ? 2 : kind) : 8)),
  )
  return statusOf(found)
}

function lookupRids(input: NdrReader, output: NdrWriter, { accounts }: Machine, domain: { isBuiltin: boolean } | undefined): number {
  const count = Math.min(input.u32(), LARGEST_LOOKUP)
  input.skipU32(3)
  const known = domain?.isBuiltin ? ALIASES : [...accounts, ...GROUPS]
  const found = Array.from({ length: count }, () => input.u32()).map((rid) => known.find((one) => one.rid === rid))
  output.u32(count).pointer().u32(count)
  for (const one of found) output.unicodeString(one?.name ?? '')
  output.flush()
  counted(
    output,
    found.map((one) => (one ? (domain?.isBuiltin ? 4 : one.rid === 513 ? 2 : 1) : 8)),
  )
  return statusOf(found)
}

function statusOf(found: readonly unknown[]): number {
  const mapped = found.filter((one) => one !== undefined).length
  return mapped === found.length ? CODE.OK : mapped === 0 ? CODE.NT_NONE_MAPPED : CODE.NT_SOME_NOT_MAPPED
}

function members(output: NdrWriter, { accounts }: Machine): number {
  output.pointer().u32(accounts.length).pointer().pointer()
  output.u32(accounts.length)
  for (const { rid } of accounts) output.u32(rid)
  output.u32(accounts.length)
  for (const _ of accounts) output.u32(7)
  return CODE.OK
}

function aliasMembers(output: NdrWriter, { accounts, sid }: Machine, handle: Handle | undefined): number {
  const rid = handle?.on === 'group' ? handle.rid : 0
  const inside =
    rid === 544
      ? accounts.slice(0, 1)
      : rid === 546
        ? accounts.filter((one) => one.rid === 501)
        : rid === 545
          ? accounts.filter((one) => one.rid >= 1000)
          : []
  output.u32(inside.length)
  if (inside.length === 0) return nothing(output, handle ? CODE.OK : CODE.NT_INVALID_HANDLE)
  output.pointer().u32(inside.length)
  for (const one of inside) output.defer(() => output.sid(`${sid}-${one.rid}`))
  output.flush()
  return CODE.OK
}

/** Level 1 is that of users, 4 of users by their OEM names, the others are empty here. */
function displayInformation(
  input: NdrReader,
  output: NdrWriter,
  { accounts }: Machine,
  domain: { isBuiltin: boolean } | undefined,
): number {
  const level = input.u16()
  const from = input.u32()
  const list = level === 1 && domain && !domain.isBuiltin ? accounts.slice(from) : []
  output
    .u32(list.length * 64)
    .u32(list.length * 64)
    .u16(level)
  output.u32(list.length)
  if (list.length === 0) output.u32(0)
  else output.pointer().u32(list.length)
  for (const [i, { rid, control, name, comment, fullName }] of list.entries()) {
    output
      .u32(from + i + 1)
      .u32(rid)
      .u32(control)
      .unicodeString(name)
      .unicodeString(comment)
      .unicodeString(fullName)
  }
  output.flush()
  return domain ? CODE.OK : CODE.NT_INVALID_HANDLE
}
