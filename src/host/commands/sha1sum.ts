import { digestCommand } from './gnu/digest.ts'

export default digestCommand('sha1sum', 'sha1', 'SHA1')
