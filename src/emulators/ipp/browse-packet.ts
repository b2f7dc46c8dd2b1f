/** A packet of the CUPS browsing protocol: `type state uri "location" "info" "make and model" options`. */
export interface BrowsePacket {
  /** Bits of cups_ptype_e, in hexadecimal. */
  type: string
  state: string
  uri: string
  location: string | undefined
  info: string | undefined
  makeAndModel: string | undefined
}

const PACKET =
  /^([0-9a-fA-F]{1,8})[ \t]{1,8}([0-9a-fA-F]{1,2})[ \t]{1,8}(\S{1,1023})(?:[ \t]{1,8}"([^"]{0,127})")?(?:[ \t]{1,8}"([^"]{0,127})")?(?:[ \t]{1,8}"([^"]{0,127})")?/
const LONGEST = 2048

/** @returns undefined for anything that is no such packet */
export function decodeBrowsePacket(bytes: Buffer): BrowsePacket | undefined {
  const match = PACKET.exec(bytes.subarray(0, LONGEST).toString('latin1'))
  if (!match) return undefined
  const [, type = '', state = '', uri = '', location, info, makeAndModel] = match
  return { type, state, uri, location, info, makeAndModel }
}

export function encodeBrowsePacket({ type, state, uri, location, info, makeAndModel }: BrowsePacket): Buffer {
  const texts = [location, info, makeAndModel].filter((text) => text !== undefined).map((text) => ` "${text}"`)
  return Buffer.from(`${type} ${state} ${uri}${texts.join('')}\n`, 'latin1')
}
