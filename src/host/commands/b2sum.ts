import { digestCommand } from './gnu/digest.ts'

export default digestCommand('b2sum', 'blake2b512', 'BLAKE2b')
