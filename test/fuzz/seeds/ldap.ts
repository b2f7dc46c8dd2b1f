const hex = (...parts: string[]): Buffer => Buffer.from(parts.join(''), 'hex')
const bind = '300c020101600702010304008000'
const root = '3025020102632004000a01000a0100020100020100010100870b6f626a656374436c6173733000'
const simple = `3041020102603c0201030430${Buffer.from('uid=maris,ou=people,dc=tarnholt-weir,dc=internal').toString('hex')}800577726f6e67`
const subtree = `3041020101633c041c${Buffer.from('dc=tarnholt-weir,dc=internal').toString('hex')}0a01020a0100020100020100010100870b6f626a656374436c6173733000`

export default [
  hex(bind, root, subtree, '30050201034200'),
  hex(simple, subtree, `301e02010477198017${Buffer.from('1.3.6.1.4.1.4203.1.11.3').toString('hex')}`),
  hex(`301802010160130201030400a30c040a${Buffer.from('DIGEST-MD5').toString('hex')}`),
  hex(`301602010160110201030400a30a0408${Buffer.from('CRAM-MD5').toString('hex')}`, bind),
  hex('30840000002d02010763840000002404000a01000a0100020100020164010100870b6f626a656374436c617373308400000000'),
]
