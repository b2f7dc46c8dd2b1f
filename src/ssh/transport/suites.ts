import { InboundPackets, OutboundPackets } from './packets.ts'
import {
  CIPHER_INFO,
  type CipherInfo,
  createCipher,
  createDecipher,
  type InboundSetup,
  MAC_INFO,
  type MacInfo,
  type OutboundSetup,
  type PacketCipher,
  type PacketDecipher,
} from './ssh2-internals.ts'

const UMAC_INFO: Record<string, MacInfo> = {
  'umac-64@openssh.com': { sslName: 'umac', len: 16, actualLen: 8, isETM: false },
  'umac-128@openssh.com': { sslName: 'umac', len: 16, actualLen: 16, isETM: false },
  'umac-64-etm@openssh.com': { sslName: 'umac', len: 16, actualLen: 8, isETM: true },
  'umac-128-etm@openssh.com': { sslName: 'umac', len: 16, actualLen: 16, isETM: true },
}

/** How many bytes of key material an agreed suite needs, and how to make its two ends. Names are checked by negotiation. */
export function cipherInfo(name: string): CipherInfo {
  return known(CIPHER_INFO, name)
}

export function macInfo(name: string | undefined): MacInfo | undefined {
  return name === undefined ? undefined : (UMAC_INFO[name] ?? known(MAC_INFO, name))
}

export function outbound(setup: OutboundSetup): PacketCipher {
  return setup.macInfo?.sslName === 'umac' ? OutboundPackets.umac(setup) : createCipher({ outbound: setup })
}

export function inbound(setup: InboundSetup): PacketDecipher {
  return setup.macInfo?.sslName === 'umac' ? InboundPackets.umac(setup) : createDecipher({ inbound: setup })
}

function known<T>(table: Record<string, T>, name: string): T {
  const info = table[name]
  if (!info) throw new Error(`no such algorithm: ${name}`)
  return info
}
