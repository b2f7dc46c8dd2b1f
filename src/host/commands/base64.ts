import { baseEncoding } from './gnu/base-encoding.ts'

export default baseEncoding('base64', {
  encode: (bytes) => bytes.toString('base64'),
  decode: (text) => Buffer.from(text, 'base64'),
  group: 4,
  block: 3,
  alphabet: /^[A-Za-z0-9+/]*={0,2}$/,
})
