import { digestCommand } from './gnu/digest.ts'

export default digestCommand('sha384sum', 'sha384', 'SHA384')
