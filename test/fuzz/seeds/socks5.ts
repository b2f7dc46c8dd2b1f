import { encodeAddress } from '../../../src/emulators/socks5/codec.ts'

const name = encodeAddress({ type: 3, host: 'www.example.com', port: 8081 })

export default [
  Buffer.concat([Buffer.of(5, 1, 0, 5, 1, 0), name, Buffer.from('GET / HTTP/1.0\r\n\r\n')]),
  Buffer.concat([Buffer.of(5, 2, 0, 2, 1, 4), Buffer.from('user'), Buffer.of(4), Buffer.from('pass')]),
  Buffer.concat([Buffer.of(5, 1, 0, 5, 3, 0), encodeAddress({ type: 4, host: '2001:db8::1', port: 53 })]),
  Buffer.from([4, 1, 0, 80, 127, 0, 0, 1, 0x6d, 0x65, 0]),
  Buffer.concat([Buffer.of(4, 2, 0, 80, 0, 0, 0, 1), Buffer.from('me\0host\0')]),
]
