const bind = (uuid: string, major: number): Buffer =>
  Buffer.from(
    `05000b03100000004800000001000000b810b810000000000100000000000100${uuid}${major.toString(16).padStart(2, '0')}000000045d888aeb1cc9119fe808002b10486002000000`,
    'hex',
  )
const request = (opnum: number, stub: Buffer): Buffer => {
  const head = Buffer.from('0500000310000000000000000200000000000000000000', 'hex')
  const pdu = Buffer.concat([head, Buffer.alloc(1), stub])
  pdu.writeUInt16LE(pdu.length, 8)
  pdu.writeUInt16LE(opnum, 22)
  return pdu
}
const lookup = Buffer.concat([Buffer.alloc(12), Buffer.of(1, 0, 0, 0), Buffer.alloc(20), Buffer.of(0xf4, 1, 0, 0)])
const EPMAPPER = '0883afe11f5dc91191a408002b14a0fa'

export default [
  Buffer.concat([bind(EPMAPPER, 3), request(2, lookup)]),
  Buffer.concat([
    bind(EPMAPPER, 3),
    request(3, Buffer.concat([Buffer.alloc(4), Buffer.from('010000004b0000004b000000050013000d', 'hex'), Buffer.alloc(90)])),
  ]),
  Buffer.concat([bind('c4fefc9960521b10bbcb00aa0021347a', 0), request(5, Buffer.alloc(0)), request(0, Buffer.alloc(16))]),
  Buffer.concat([bind('b84a9f4d1c7dcf11861e0020af6e7c57', 0), request(0, Buffer.alloc(900, 0x90))]),
]
