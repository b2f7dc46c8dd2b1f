import { encodeKexInit } from '../../../src/emulators/ssh-tarpit/codec.ts'

const kexInit = encodeKexInit({
  kex: 'curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha1',
  hostKey: 'rsa-sha2-256,ssh-ed25519',
  encryptionToServer: 'aes128-gcm@openssh.com,aes128-ctr',
  encryptionToClient: 'aes128-gcm@openssh.com,aes128-ctr',
  macToServer: 'hmac-sha2-256',
  macToClient: 'hmac-sha2-256',
  compressionToServer: 'none',
  compressionToClient: 'none',
  languageToServer: '',
  languageToClient: '',
})

export default [
  Buffer.from('SSH-2.0-Go\r\n'),
  Buffer.concat([Buffer.from('SSH-2.0-libssh2_1.4.3\r\n'), kexInit]),
  Buffer.concat([Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2\n'), kexInit, kexInit]),
  Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  Buffer.from('160301020001000102', 'hex'),
]
