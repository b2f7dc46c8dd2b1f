import { wrapperCommand } from './gnu/wrapper.ts'

export default wrapperCommand('setsid', 'util-linux')
