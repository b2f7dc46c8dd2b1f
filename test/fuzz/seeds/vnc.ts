const start = Buffer.from('RFB 003.008\n\x02')
const answer = Buffer.alloc(16, 7)
const format = Buffer.from('00000000201800010 0ff00ff00ff100800000000'.replace(' ', ''), 'hex')
const rest = [
  Buffer.of(1),
  format,
  Buffer.from('0200000300000010000000000000ff11', 'hex'),
  Buffer.from('03000000000004000300', 'hex'),
  Buffer.from('0401000000000072040000000000007205010190 01a4'.replace(' ', ''), 'hex'),
  Buffer.from('060000000000000568656c6c6f', 'hex'),
  Buffer.from('03010000000004000300', 'hex'),
]

export default [
  Buffer.concat([start, answer, ...rest]),
  Buffer.concat([Buffer.from('RFB 003.003\n'), answer, ...rest]),
  Buffer.concat([Buffer.from('RFB 003.007\n\x02'), answer, ...rest]),
  Buffer.from('RFB 004.001\n'),
  Buffer.from('RFB 003.889\n\x01'),
]
