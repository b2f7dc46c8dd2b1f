import { digestCommand } from './gnu/digest.ts'

export default digestCommand('sha256sum', 'sha256', 'SHA256')
