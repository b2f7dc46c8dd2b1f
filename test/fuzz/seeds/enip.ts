const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

const frame = (command: string, data = ''): Buffer => {
  const bytes = hex(data)
  const header = hex(`${command}00 0000 00000000 00000000 c1debed100000000 00000000`)
  header.writeUInt16LE(bytes.length, 2)
  return Buffer.concat([header, bytes])
}

export default [
  frame('63'),
  Buffer.concat([frame('04'), frame('64'), frame('00'), frame('77')]),
  // A mutated handle never fits the random one; the fuzzer reaches what stands before that.
  Buffer.concat([frame('65', '01000000'), frame('6f', '000000000000 0200 0000 0000 b200 0800 0e03 2001 2401 3007')]),
  Buffer.concat([frame('65', '01000000'), frame('70', '000000000000 0200 a100 0400 01000000 b100 0400 0700 0100')]),
  Buffer.concat([frame('65', '01000000'), frame('66')]),
]
