const frame = (text: string): Buffer => {
  const body = Buffer.from(text.replaceAll(' ', ''), 'hex')
  return Buffer.concat([Buffer.from([0x81, 0x0a, 0, body.length + 4]), body])
}

export default [
  frame('0120ffff00ff 1008'),
  frame('0104 0005 01 0c 0c 023fffff 19 4d'),
  frame('0104 0005 02 0c 0c 023fffff 19 4c 29 00'),
  frame('0104 0005 03 0e 0c 00000001 1e 0908 1f 0c 00800001 1e 0955 0957 1f'),
  frame('0104 0005 04 0f 0c 00800001 19 55 3e 4442480000 3f 4908'),
  frame('0104 0005 05 10 0c 00800001 1e 0955 2e 4442480000 2f 3908 1f'),
  frame('0104 0005 06 05 0901 1c 00000001 2900 393c'),
  frame('0104 0005 07 11 1901 2d 08 00 6c65746d65696e'),
  frame('0104 0005 08 1d'),
  frame('0104 0005 09 06 c4 02800001 0e 3100 21ff 0f'),
  frame('0104 0005 0a 05 0901 1c 00000001 2901 393c'),
  frame('0100 1006 a4 83050501 b4 0a140000'),
  frame('0108 0005 01 09 1007 3d 06 00 4c54313031'),
  Buffer.from('81050006003c', 'hex'),
]
