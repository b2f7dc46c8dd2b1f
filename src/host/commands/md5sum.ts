import { digestCommand } from './gnu/digest.ts'

export default digestCommand('md5sum', 'md5', 'MD5')
