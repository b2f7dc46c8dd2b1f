/** The endpoint mapper's interface (C706 O, MS-RPCE 2.2.1.2): which service listens where. */

import { ByteWriter } from '../../sensor/byte-writer.ts'
import { FAULT, NDR, RpcFault, type RpcInterface } from '../../sensor/dcerpc/association.ts'
import { NdrReader, NdrWriter } from '../../sensor/dcerpc/ndr.ts'
import { uuidBytes, uuidText } from '../../sensor/dcerpc/pdu.ts'

export interface Endpoint {
  uuid: string
  major: number
  annotation: string
  /** `tcp:49152`, `np:\pipe\atsvc` or `lrpc:LRPC-…`. */
  binding: string
}

const NOT_REGISTERED = 0x16c9a0d6
const MOST = 500

export interface EpmapSetup {
  endpoints: readonly Endpoint[]
  /** NetBIOS name of the machine, for named pipes. */
  name: string
  /** IPv4 address that the client reached. */
  address: string
  asked(question: { operation: string; uuid: string | undefined }): void
}

/** Interface e1af8308-5d1f-11c9-91a4-08002b14a0fa version 3.0. */
export function epmapInterface(setup: EpmapSetup): RpcInterface {
  return {
    name: 'epmapper',
    uuid: 'e1af8308-5d1f-11c9-91a4-08002b14a0fa',
    major: 3,
    operations: { 2: 'ept_lookup', 3: 'ept_map', 4: 'ept_lookup_handle_free', 5: 'ept_inq_object' },
    call(opnum, stub) {
      const input = new NdrReader(stub)
      switch (opnum) {
        case 2:
          return lookup(input, setup)
        case 3:
          return map(input, setup)
        case 4:
          return new NdrWriter().handle('0'.repeat(40)).u32(0).done()
        default:
          throw new RpcFault(FAULT.OP_RANGE)
      }
    },
  }
}

/** The whole table, or what it has for one interface. */
function lookup(input: NdrReader, { endpoints, name, address, asked }: EpmapSetup): Buffer {
  input.u32()
  if (input.u32() !== 0) input.uuid()
  const uuid = input.u32() === 0 ? undefined : input.uuid()
  if (uuid !== undefined) input.skipU32(1)
  input.u32()
  input.handle()
  const most = Math.min(input.u32(), MOST)
  asked({ operation: 'ept_lookup', uuid })
  const found = endpoints.filter((one) => uuid === undefined || one.uuid === uuid).slice(0, most)
  const output = new NdrWriter().handle('0'.repeat(40)).u32(found.length).u32(most).u32(0).u32(found.length)
  for (const endpoint of found) {
    const tower = encodeTower(endpoint, name, address)
    const annotation = Buffer.from(`${endpoint.annotation}\0`, 'latin1')
    output
      .bytes(Buffer.alloc(16))
      .defer(() => output.u32(tower.length).u32(tower.length).bytes(tower).align(4))
      .u32(0)
      .u32(annotation.length)
      .bytes(annotation)
      .align(4)
  }
  return output
    .flush()
    .u32(found.length === 0 ? NOT_REGISTERED : 0)
    .done()
}

/** The tower of one interface over TCP; the client sends a tower that leaves the port open. */
function map(input: NdrReader, { endpoints, name, address, asked }: EpmapSetup): Buffer {
  if (input.u32() !== 0) input.uuid()
  const tower = input.u32() === 0 ? Buffer.alloc(0) : input.bytes(input.skipU32(1).u32())
  input.handle()
  const most = Math.min(input.u32(), MOST)
  const uuid = interfaceOf(tower)
  asked({ operation: 'ept_map', uuid })
  const overPipe = tower.includes(Buffer.of(1, 0, 0x0f))
  const found = endpoints
    .filter((one) => one.uuid === uuid && one.binding.startsWith(overPipe ? 'np:' : 'tcp:'))
    .slice(0, Math.max(1, most))
  const output = new NdrWriter().handle('0'.repeat(40)).u32(found.length).u32(most).u32(0).u32(found.length)
  for (const endpoint of found) {
    const bytes = encodeTower(endpoint, name, address)
    output.defer(() => output.u32(bytes.length).u32(bytes.length).bytes(bytes).align(4))
  }
  return output
    .flush()
    .u32(found.length === 0 ? NOT_REGISTERED : 0)
    .done()
}

/** The interface of a tower's first floor. */
function interfaceOf(tower: Buffer): string | undefined {
  return tower.length >= 21 && tower[4] === 0x0d ? uuidText(tower.subarray(5, 21)) : undefined
}

/** A protocol tower (C706 L): interface, NDR, then the way to it. */
export function encodeTower({ uuid, major, binding }: Endpoint, name: string, address: string): Buffer {
  const [kind, where = ''] = [binding.slice(0, binding.indexOf(':')), binding.slice(binding.indexOf(':') + 1)]
  const syntax = (id: string, version: number): Buffer[] => [
    new ByteWriter().u8(0x0d).bytes(uuidBytes(id)).u16le(version).done(),
    Buffer.alloc(2),
  ]
  const text = (value: string): Buffer => Buffer.from(`${value}\0`, 'latin1')
  const port = Buffer.alloc(2)
  if (kind === 'tcp') port.writeUInt16BE(Number(where))
  const ways: Readonly<Record<string, Buffer[][]>> = {
    tcp: [
      [Buffer.of(0x0b), Buffer.alloc(2)],
      [Buffer.of(0x07), port],
      [Buffer.of(0x09), Buffer.from(address.split('.').map(Number))],
    ],
    np: [
      [Buffer.of(0x0b), Buffer.alloc(2)],
      [Buffer.of(0x0f), text(where)],
      [Buffer.of(0x11), text(`\\\\${name}`)],
    ],
    lrpc: [
      [Buffer.of(0x0c), Buffer.alloc(2)],
      [Buffer.of(0x10), text(where)],
    ],
  }
  const floors = [syntax(uuid, major), syntax(NDR.uuid, NDR.major), ...(ways[kind] ?? [])]
  const writer = new ByteWriter().u16le(floors.length)
  for (const [left = Buffer.alloc(0), right = Buffer.alloc(0)] of floors) {
    writer.u16le(left.length).bytes(left).u16le(right.length).bytes(right)
  }
  return writer.done()
}
