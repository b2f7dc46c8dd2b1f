/** Vendor ids of an ASA, in the order that it sends them (nmap's ike-fingerprints: Cisco, PIX OS 7.1 or later). */
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

export const UNITY = hex('12f5f28c457168a9702d9fe274cc0100')
export const XAUTH = hex('09002689dfd6b712')
export const FRAGMENTATION = hex('4048b7d56ebce88525e7de7f00d6c2d3c0000000')
/** Altiga's concentrator; the last bytes are capabilities. */
export const CONCENTRATOR = hex('1f07f70eaa6514d3b0fa96542a500100')
export const NAT_T_02 = hex('90cb80913ebb696e086381b5ec427b1f')
export const NAT_T_RFC = hex('4a131c81070358455c5728f20e95452f')

/** Of IKEv2. */
export const DELETE_REASON = Buffer.from('CISCO-DELETE-REASON')
export const COPYRIGHT = Buffer.from('CISCO(COPYRIGHT)&Copyright (c) 2009 Cisco Systems, Inc.')
export const FRAGMENTATION_2 = hex('4048b7d56ebce88525e7de7f00d6c2d3')

const NAMES: ReadonlyMap<string, string> = new Map([
  [UNITY.toString('hex'), 'Cisco Unity'],
  [XAUTH.toString('hex'), 'XAUTH'],
  [NAT_T_02.toString('hex'), 'NAT-T draft 02'],
  [NAT_T_RFC.toString('hex'), 'NAT-T RFC 3947'],
  ['afcad71368a1f1c96b8696fc77570100', 'Dead Peer Detection'],
  ['882fe56d6fd20dbc2251613b2ebe5beb', 'strongSwan'],
  ['1e2b516905991c7d7c96fcbfb587e461', 'Windows 2000 or later'],
])

/** What a client says it is, in words where the id is known, else in hex. */
export function vendorName(id: Buffer): string {
  const text = id.toString('hex')
  if (text.startsWith('4048b7d56ebce88525e7de7f00d6c2d3')) return 'IKE fragmentation'
  return NAMES.get(text) ?? text.slice(0, 64)
}
