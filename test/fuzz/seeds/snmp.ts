const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const message = (version: string, community: string, pdu: string): Buffer => {
  const name = Buffer.from(community)
  const body = Buffer.concat([hex(`0201${version}04`), Buffer.from([name.length]), name, hex(pdu)])
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}

export default [
  message('01', 'public', 'a019 020101 020100 020100 300e 300c 0608 2b06010201010100 0500'),
  message('00', 'public', 'a119 020102 020100 020100 300e 300c 0608 2b06010201010300 0500'),
  message('01', 'public', 'a518 020103 020100 02010a 300d 300b 0607 2b060102010101 0500'),
  message('01', 'private', 'a31a 020104 020100 020100 300f 300d 0608 2b06010201010400 0401 78'),
  message('01', 'admin', 'a019 020105 020100 020100 300e 300c 0608 2b06010201010100 0500'),
  hex(
    '303a 020103 300f 02024a69 020300ffe3 040104 020103 0410 300e 0400 020100 020100 0400 0400 0400 3012 0400 0400 a00c 020237f0 020100 020100 3000',
  ),
]
