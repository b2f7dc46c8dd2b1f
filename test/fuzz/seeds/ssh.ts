/** One packet before keys are exchanged: RFC 4253 §6, padded to eight bytes. */
function packet(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + (8 - ((payload.length + 5) % 8) < 4 ? 8 : 0)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(payload.length + padding + 1)
  head[4] = padding
  return Buffer.concat([head, payload, Buffer.alloc(padding)])
}

function names(...list: string[]): Buffer {
  const text = Buffer.from(list.join(','), 'latin1')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text])
}

/** SSH_MSG_KEXINIT, RFC 4253 §7.1. */
function kexInit(kex: string[], cipher = 'aes128-ctr', mac = 'hmac-sha2-256'): Buffer {
  const lists = [kex, ['ssh-ed25519', 'rsa-sha2-512'], [cipher], [cipher], [mac], [mac], ['none'], ['none'], [], []]
  return packet(Buffer.concat([Buffer.from([20]), Buffer.alloc(16, 7), ...lists.map((list) => names(...list)), Buffer.alloc(5)]))
}

const ident = (text = 'SSH-2.0-OpenSSH_9.6'): Buffer => Buffer.from(`${text}\r\n`, 'latin1')
/** SSH_MSG_KEX_ECDH_INIT, RFC 5656 §4. */
const ecdhInit = packet(Buffer.concat([Buffer.from([30]), Buffer.from('00000020', 'hex'), Buffer.alloc(32, 9)]))

export default [
  ident('SSH-1.5-x'),
  Buffer.from('GET / HTTP/1.0\r\n\r\n'),
  Buffer.concat([ident(), kexInit(['curve25519-sha256']), ecdhInit]),
  Buffer.concat([ident(), kexInit(['sntrup761x25519-sha512@openssh.com', 'kex-strict-c-v00@openssh.com']), ecdhInit]),
  Buffer.concat([
    ident('SSH-2.0-Go'),
    kexInit(['diffie-hellman-group-exchange-sha256']),
    packet(Buffer.from('22000008000000100000002000', 'hex')),
  ]),
  Buffer.concat([ident('SSH-2.0-libssh2_1.4.3'), kexInit(['ecdh-sha2-nistp256'], 'chacha20-poly1305@openssh.com'), kexInit(['none'])]),
  Buffer.concat([
    ident(),
    packet(Buffer.from([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0])),
    packet(Buffer.from([2])),
    packet(Buffer.from([200])),
  ]),
]
