import { digestCommand } from './gnu/digest.ts'

export default digestCommand('sha224sum', 'sha224', 'SHA224')
