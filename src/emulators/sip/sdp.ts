/** What a caller's session description offers (RFC 4566). */
export interface Offer {
  /** Where media should go: the `c=` line, media ports. */
  address: string
  media: { kind: string; port: number; formats: string[] }[]
}

const MOST_MEDIA = 8

export function parseSdp(body: string): Offer | undefined {
  if (!/^v=0/.test(body)) return undefined
  const lines = body.slice(0, 8192).split(/\r?\n/)
  const address = lines.find((line) => line.startsWith('c='))?.split(' ')[2] ?? ''
  const media = lines.flatMap((line) => {
    const [, kind, port, , formats] = /^m=(\w{1,16}) (\d{1,5}) (\S{1,32}) (.{1,256})$/.exec(line) ?? []
    return kind ? [{ kind, port: Number(port), formats: (formats ?? '').split(' ').slice(0, 16) }] : []
  })
  return { address: address.slice(0, 64), media: media.slice(0, MOST_MEDIA) }
}

const CODECS: Readonly<Record<string, string>> = { '0': 'PCMU/8000', '8': 'PCMA/8000', '3': 'GSM/8000', '9': 'G722/8000' }

/** The answer of a PBX that takes the first codec it knows, and telephone events. */
export function answerSdp(offer: Offer, own: { address: string; port: number; session: number; version: string }): string {
  const audio = offer.media.find((one) => one.kind === 'audio')
  const codec = audio?.formats.find((format) => CODECS[format]) ?? '0'
  return [
    'v=0',
    `o=root ${own.session} ${own.session} IN IP4 ${own.address}`,
    `s=Asterisk PBX ${own.version}`,
    `c=IN IP4 ${own.address}`,
    't=0 0',
    `m=audio ${own.port} RTP/AVP ${codec} 101`,
    `a=rtpmap:${codec} ${CODECS[codec]}`,
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-16',
    'a=maxptime:150',
    'a=sendrecv',
    '',
  ].join('\r\n')
}
