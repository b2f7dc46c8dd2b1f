const head = Buffer.alloc(240)
head[0] = 1
head[1] = 1
head[2] = 6
head.writeUInt32BE(0x63825363, 236)

export default ['350101ff', '3501030c036162633204c0a8000136040a140001ff', '350108370401030f06ff'].map((options) =>
  Buffer.concat([head, Buffer.from(options, 'hex')]),
)
