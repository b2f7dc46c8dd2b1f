import { digestCommand } from './gnu/digest.ts'

export default digestCommand('sha512sum', 'sha512', 'SHA512')
