import type { IppGroup } from './codec.ts'

/** Status codes (RFC 8011 appendix B, and CUPS's own). */
export const STATUS = {
  ok: 0x0000,
  okIgnored: 0x0001,
  badRequest: 0x0400,
  forbidden: 0x0401,
  notAuthenticated: 0x0402,
  notPossible: 0x0404,
  notFound: 0x0406,
  gone: 0x0407,
  documentFormat: 0x040a,
  attributesOrValues: 0x040b,
  charset: 0x040d,
  compression: 0x040f,
  compressionError: 0x0410,
  documentAccess: 0x0412,
  operation: 0x0501,
  version: 0x0503,
  busy: 0x0507,
} as const

/** What ends an operation: a status, a sentence, and what of the request was not understood. */
export class IppFault extends Error {
  readonly status: number
  readonly unsupported: IppGroup | undefined

  constructor(status: number, message: string, unsupported?: IppGroup) {
    super(message)
    this.name = 'IppFault'
    this.status = status
    this.unsupported = unsupported
  }
}
