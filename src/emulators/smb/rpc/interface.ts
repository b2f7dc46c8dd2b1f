import { FAULT, RpcFault, type RpcInterface } from '../../../sensor/dcerpc/association.ts'
import { NdrReader, NdrWriter } from '../../../sensor/dcerpc/ndr.ts'

/** One operation: reads its arguments, writes what it gives; the status that it returns stands at the end. */
export type Operation = (input: NdrReader, output: NdrWriter) => number

/** Win32 and NT codes that operations end with. */
export const CODE = {
  OK: 0,
  ACCESS_DENIED: 5,
  INVALID_HANDLE: 6,
  INVALID_LEVEL: 124,
  UNKNOWN_SERVICE: 1060,
  SERVICE_TIMEOUT: 1053,
  SERVICE_NOT_ACTIVE: 1062,
  SERVICE_EXISTS: 1073,
  NO_SUCH_SHARE: 2310,
  NT_ACCESS_DENIED: 0xc0000022,
  NT_INVALID_HANDLE: 0xc0000008,
  NT_INVALID_INFO_CLASS: 0xc0000003,
  NT_NO_SUCH_DOMAIN: 0xc00000df,
  NT_NO_SUCH_USER: 0xc0000064,
  NT_NO_SUCH_ALIAS: 0xc0000151,
  NT_NONE_MAPPED: 0xc0000073,
  NT_SOME_NOT_MAPPED: 0x107,
  NT_NO_MORE_ENTRIES: 0x8000001a,
} as const

export interface InterfaceSpec {
  name: string
  uuid: string
  major: number
  operations: Readonly<Record<number, readonly [name: string, run: Operation | undefined]>>
}

/** An interface of which some operations are known by name and some of these answered; the others fault as out of range. */
export function rpcInterface({ name, uuid, major, operations }: InterfaceSpec): RpcInterface {
  return {
    name,
    uuid,
    major,
    operations: Object.fromEntries(Object.entries(operations).map(([opnum, [text]]) => [opnum, text])),
    call(opnum, stub) {
      const run = operations[opnum]?.[1]
      if (!run) throw new RpcFault(FAULT.OP_RANGE)
      const output = new NdrWriter()
      const status = run(new NdrReader(stub), output)
      return output.flush().u32(status).done()
    },
  }
}

/** Context handles of one pipe, by their 20 bytes in hex. */
export class Handles<T> {
  readonly #kept = new Map<string, T>()
  readonly #make: () => string
  static readonly MAX = 256
  static readonly NULL = '0'.repeat(40)

  /** @param make 16 bytes in hex that nobody can guess */
  constructor(make: () => string) {
    this.#make = make
  }

  open(what: T): string {
    const handle = `00000000${this.#make()}`
    if (this.#kept.size < Handles.MAX) this.#kept.set(handle, what)
    return handle
  }

  get(handle: string): T | undefined {
    return this.#kept.get(handle)
  }

  close(handle: string): boolean {
    return this.#kept.delete(handle)
  }
}
