import { authorization, OFFER, request } from '../../emulators/sip/conversation.ts'

const challenge = 'Digest algorithm=MD5, realm="asterisk", nonce="0a1b2c3d"'
const texts = (...all: string[]): Buffer => Buffer.from(all.join(''), 'latin1')

export default [
  texts(request({ method: 'OPTIONS' }), request({ method: 'ACK' })),
  texts(request({ method: 'REGISTER', headers: [authorization(challenge, 'REGISTER', '100', '100'), 'Expires: 3600'] })),
  texts(
    request({ method: 'INVITE', to: '900442071838750', callId: 'a', branch: 'b', body: OFFER }),
    request({ method: 'CANCEL', callId: 'a', branch: 'b' }),
  ),
  texts(request({ method: 'INVITE', to: '00972595000000', from: '101', body: OFFER }), request({ method: 'BYE' })),
  texts(
    'OPTIONS sip:nm SIP/2.0\r\nv: SIP/2.0/TCP nm;branch=foo\r\nf: <sip:nm@nm>;tag=root\r\nt: <sip:nm2@nm2>\r\ni: 50000\r\nCSeq: 42 OPTIONS\r\nl: 0\r\n\r\n',
  ),
  texts(request({ method: 'MESSAGE', body: 'hello' }), request({ method: 'REFER', headers: ['Refer-To: <sip:x@y>'] })),
]
