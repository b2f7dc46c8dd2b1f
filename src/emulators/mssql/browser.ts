/**
 * SQL Server Resolution Protocol: which instances there are and where.
 *
 * Source: MC-SQLR, https://learn.microsoft.com/openspecs/windows_protocols/mc-sqlr
 */

import type { Persona } from '../../config/persona.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { machineName, VERSION } from './product.ts'

export const INSTANCE = 'MSSQLSERVER'

export interface BrowserRequest {
  request: 'all' | 'instance' | 'dac'
  instance: string
}

const BROADCAST = 2
const UNICAST = 3
const ONE_INSTANCE = 4
const ADMINISTRATION = 0x0f

/** Undefined for what is no request. */
export function decodeBrowserRequest(bytes: Buffer): BrowserRequest | undefined {
  const [type] = bytes
  if (type === BROADCAST || type === UNICAST) return { request: 'all', instance: '' }
  const at = type === ADMINISTRATION ? 2 : 1
  if (type !== ONE_INSTANCE && type !== ADMINISTRATION) return undefined
  const instance = bytes
    .subarray(at, at + 32)
    .toString('latin1')
    .replace(/\0.*$/s, '')
  return { request: type === ADMINISTRATION ? 'dac' : 'instance', instance }
}

/** SVR_RESP; undefined when there is no such instance: the service is silent then. */
export function encodeBrowserReply({ request, instance }: BrowserRequest, persona: Persona, port: number): Buffer | undefined {
  if (request !== 'all' && instance.toUpperCase() !== INSTANCE) return undefined
  if (request === 'dac') return new ByteWriter().u8(5).u16le(6).u8(1).u16le(1434).done()
  const text = `ServerName;${machineName(persona)};InstanceName;${INSTANCE};IsClustered;No;Version;${VERSION};tcp;${port};;`
  return new ByteWriter().u8(5).u16le(text.length).text(text, 'latin1').done()
}
