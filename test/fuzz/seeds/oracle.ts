import { encodeConnect, encodePacket, PACKET } from '../../../src/emulators/oracle/codec.ts'

const data = (hex: string): Buffer => encodePacket(PACKET.data, Buffer.from(`0000${hex}`, 'hex'), true)
const accepted = (sid: string): Buffer => encodeConnect(`(DESCRIPTION=(CONNECT_DATA=(SID=${sid})(CID=(PROGRAM=x)(HOST=h)(USER=u))))`)
const sessionKey = data('037600010106010101010101000673797374656d010d0d415554485f5445524d494e414c010101780000')

export default [
  encodeConnect('(CONNECT_DATA=(COMMAND=version))', 308),
  Buffer.concat([accepted('XE'), data('0106006e6f646500'), data('02'), sessionKey]),
  ...['ORCL', 'PROD', 'ORCLCDB'].map((sid) =>
    Buffer.concat([accepted(sid), data('0106006e6f646500'), data('02'), sessionKey, data('035e00'), data('030900')]),
  ),
]
