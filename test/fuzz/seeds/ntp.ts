const hex = (text: string): Buffer => Buffer.from(text, 'hex')

export default [
  // Time: versions 4, 3 and 1, with a digest, symmetric.
  hex(`23000000${'00'.repeat(36)}1122334455667788`),
  hex(`1b000000${'00'.repeat(36)}1122334455667788`),
  hex(`08000000${'00'.repeat(36)}1122334455667788`),
  hex(`23000000${'00'.repeat(36)}112233445566778800000001${'ab'.repeat(16)}`),
  hex(`21000000${'00'.repeat(36)}1122334455667788`),
  // Control: READSTAT, READVAR of all, of two, of a peer, READCLOCK, CONFIGURE, REQ_NONCE.
  hex('160100010000000000000000'),
  hex('160200010000000000000000'),
  Buffer.concat([hex('160200020000000000000010'), Buffer.from('version,stratum ')]),
  hex('160200030000500000000000'),
  hex('160400040000000000000000'),
  Buffer.concat([hex('160800050000000000000008'), Buffer.from('restrict')]),
  hex('160c00060000000000000000'),
  // Private: MON_GETLIST_1 as attacks send it, MON_GETLIST, PEER_LIST, SYS_INFO.
  hex('1700032a00000000'),
  hex(`1700032a${'00'.repeat(44)}`),
  hex(`17000314${'00'.repeat(44)}`),
  hex(`17000300${'00'.repeat(44)}`),
  hex(`1700030400010048${'00'.repeat(72)}`),
]
