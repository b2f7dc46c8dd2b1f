import { isIPv6 } from 'node:net'

/** What a caller's session description offers (RFC 4566). */
export interface Offer {
  /** Where media should go: the `c=` line. */
  address: string
  media: Media[]
}

export interface Media {
  kind: string
  port: number
  /** `RTP/AVP`, `RTP/SAVP` … */
  transport: string
  formats: string[]
  /** Payload type of telephone events (RFC 4733), when they are offered. */
  events: string | undefined
  /** `sendrecv` unless a line says otherwise. */
  direction: string
}

const MOST_MEDIA = 8

export function parseSdp(body: string): Offer | undefined {
  if (!/^v=0/.test(body)) return undefined
  const lines = body.slice(0, 8192).split(/\r?\n/)
  const address = lines.find((line) => line.startsWith('c='))?.split(' ')[2] ?? ''
  const media: Media[] = []
  let direction = 'sendrecv'
  for (const line of lines) {
    const [, kind, port, transport = '', formats = ''] = /^m=(\w{1,16}) (\d{1,5}) (\S{1,32}) (.{1,256})$/.exec(line) ?? []
    if (kind && media.length === MOST_MEDIA) break
    if (kind) media.push({ kind, port: Number(port), transport, formats: formats.split(' ').slice(0, 16), events: undefined, direction })
    const [, said] = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.exec(line) ?? []
    const [, events] = /^a=rtpmap:(\d{1,3}) telephone-event\//i.exec(line) ?? []
    const last = media.at(-1)
    if (last) Object.assign(last, said && { direction: said }, events && { events })
    else if (said) direction = said
  }
  return { address: address.slice(0, 64), media }
}

const CODECS: Readonly<Record<string, string>> = { '0': 'PCMU/8000', '8': 'PCMA/8000', '3': 'GSM/8000', '9': 'G722/8000' }
const ANSWERED: Readonly<Record<string, string>> = { sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' }

/** The line of an offer that a call is made with; undefined when a PBX has no codec for any. */
export function audioOf({ media }: Offer): Media | undefined {
  return media.find((one) => one.kind === 'audio' && one.transport === 'RTP/AVP' && one.formats.some((format) => CODECS[format]))
}

/** What is answered to no offer: the caller tells in its ACK what it takes. */
const OWN_OFFER: Media = { kind: 'audio', port: 0, transport: 'RTP/AVP', formats: ['0', '8'], events: '101', direction: 'sendrecv' }

/** The answer of a PBX: the codecs that both have, telephone events; each other line of the offer declined (RFC 3264 §6). */
export function answerSdp(offer: Offer | undefined, own: { address: string; port: number; session: number; version: string }): string {
  const audio = offer ? audioOf(offer) : OWN_OFFER
  const lines = (offer?.media ?? [OWN_OFFER]).flatMap((one) =>
    one === audio ? answerAudio(one, own.port) : [`m=${one.kind} 0 ${one.transport} ${one.formats.join(' ')}`],
  )
  const address = `IN ${isIPv6(own.address) ? 'IP6' : 'IP4'} ${own.address}`
  return [
    'v=0',
    `o=root ${own.session} ${own.session} ${address}`,
    `s=Asterisk PBX ${own.version}`,
    `c=${address}`,
    't=0 0',
    ...lines,
    '',
  ].join('\r\n')
}

function answerAudio({ formats, events, direction }: Media, port: number): string[] {
  const codecs = formats.filter((format) => CODECS[format])
  return [
    `m=audio ${port} RTP/AVP ${[...codecs, ...(events ? [events] : [])].join(' ')}`,
    ...codecs.map((format) => `a=rtpmap:${format} ${CODECS[format]}`),
    ...(events ? [`a=rtpmap:${events} telephone-event/8000`, `a=fmtp:${events} 0-16`] : []),
    'a=maxptime:150',
    `a=${ANSWERED[direction] ?? 'sendrecv'}`,
  ]
}
